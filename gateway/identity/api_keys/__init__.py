"""API keys: their form, their store, and the authenticator."""
