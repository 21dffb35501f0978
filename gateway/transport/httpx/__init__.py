"""Calls through httpx, for instances behind a proxy."""
