"""Algorithms that choose the instance of an attempt, one per file, without I/O."""
