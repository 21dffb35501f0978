"""The credentials that clients of a gateway send, as a description names them."""

from dataclasses import dataclass
from typing import Final

from weir.gateway.json_types import JSONObject


@dataclass(frozen=True, slots=True)
class Credentials:
    """The kinds of credentials: tokens, API keys and certificates.

    API keys are in a header field, and in a query parameter if that has a name.
    """

    has_tokens: bool = False
    api_key_header: str = ""
    has_certificates: bool = False
    api_key_query: str = ""

    @property
    def schemes(self) -> JSONObject:
        """The security schemes by name."""
        found: JSONObject = {}
        if self.has_tokens:
            found["bearer"] = {"type": "http", "scheme": "bearer"}
        if self.api_key_header:
            key = {"type": "apiKey", "in": "header", "name": self.api_key_header}
            found["apiKey"] = key
        if self.api_key_query:
            key = {"type": "apiKey", "in": "query", "name": self.api_key_query}
            found["apiKeyInQuery"] = key
        if self.has_certificates:
            found["clientCertificate"] = {"type": "mutualTLS"}
        return found

    def requirement(self, *, required: bool) -> list[JSONObject]:
        """Return the alternatives of a request: one credential, or none."""
        alternatives: list[JSONObject] = [{name: []} for name in self.schemes]
        if alternatives and not required:
            alternatives.append({})
        return alternatives


NO_CREDENTIALS: Final = Credentials()
"""There is no kind of credential that clients can send."""
