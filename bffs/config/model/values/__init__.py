"""The types of the values of keys: durations, sizes, names, URLs."""
