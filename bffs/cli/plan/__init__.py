"""`weir plan` and `weir explain`."""
