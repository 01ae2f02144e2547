"""STOQ for Saleor: back-in-stock texts and preorder confirmations for Saleor shops."""
