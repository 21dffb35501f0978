"""From a normalised operation to the fetches that answer it. Sans-I/O."""
