"""Client certificates as credentials: of the connection, or of a trusted proxy."""
