"""The limit of calls in flight, and the queue of waiting calls."""
