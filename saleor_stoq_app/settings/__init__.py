"""What a merchant chose."""
