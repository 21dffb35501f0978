"""The steps that a route may add: CORS, CSRF, addresses, rate limits."""
