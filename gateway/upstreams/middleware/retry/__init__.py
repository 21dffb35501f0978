"""Attempts of a call, retries and hedges, and the budget of both."""
