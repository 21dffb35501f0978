"""The limit of calls in flight, and the queue of calls that wait."""
