"""`weir check`: the schemas to compare, and the examples to verify."""
