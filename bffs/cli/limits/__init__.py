"""`weir limits rehearse`."""
