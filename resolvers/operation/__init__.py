"""From the client's text to a normalised operation."""
