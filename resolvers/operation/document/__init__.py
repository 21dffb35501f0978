"""The document of a client: parsed, limited in size and validated."""
