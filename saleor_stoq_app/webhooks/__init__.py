"""Saleor calls us."""
