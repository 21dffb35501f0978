"""Turns, threads and timers: work that is shared by several callers, or bounded."""
