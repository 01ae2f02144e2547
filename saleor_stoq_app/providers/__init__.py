"""The strategies: who carries a message from us to a phone."""
