"""`weir facade`: a first version of a façade, with its test."""
