"""Setting up a provider's flows: automatic or manual, verified, tested, reset; and what stands in the way."""
