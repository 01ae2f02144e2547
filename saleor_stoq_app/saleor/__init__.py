"""The platform's protocol; knows nothing of messages."""
