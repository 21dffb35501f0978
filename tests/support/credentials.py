"""Credentials with their digest, as requests carry them."""

from hashlib import sha256

from weir.gateway.identity.authenticator import Credential


def credential_of(text: str, client: str) -> Credential:
    return Credential(text, sha256(text.encode("latin-1", "replace")).digest(), client)
