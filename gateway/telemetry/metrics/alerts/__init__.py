"""Prometheus rules for the gateway's metrics: recording rules and alerts."""
