"""Algorithms that choose the instance of an attempt: one file each, sans-I/O."""
