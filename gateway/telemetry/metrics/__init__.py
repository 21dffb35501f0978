"""Metrics: their series, the events that they count, rates and alerts."""
