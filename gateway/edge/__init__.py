"""The pipeline of client requests, and the values that pass through it."""
