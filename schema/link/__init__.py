"""The link spec: which features a schema uses, in what version, under what names."""
