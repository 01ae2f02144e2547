"""Others call us: the browser that comes back from a provider's page."""
