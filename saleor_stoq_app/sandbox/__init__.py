"""Doubles of Saleor, Klaviyo and phones: one implementation for the demo and the tests."""
