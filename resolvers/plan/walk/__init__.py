"""The walk from an operation to positions of the response and goals."""
