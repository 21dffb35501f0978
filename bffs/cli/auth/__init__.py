"""`weir auth`: the rights of callers, and tokens in development."""
