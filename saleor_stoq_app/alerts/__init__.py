"""Shoppers and what they asked for."""
