"""Splits of the requests of a route: shares, cohorts, and clients that stay."""
