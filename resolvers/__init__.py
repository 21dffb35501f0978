"""The engine of operations: parsing, planning, and execution over sources."""
