"""The use of operations by clients: counted, saved, and reported for an element."""
