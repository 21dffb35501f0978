"""The caller of a request: from a credential to an identity and an access decision."""
