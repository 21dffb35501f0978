"""The rule by which a service gets a token that the gateway signs."""

from dataclasses import dataclass
from typing import Protocol

from weir.gateway.json_types import JSONObject


class TokenSigner(Protocol):
    """A signer of claims; two signers with the same key are equal."""

    def sign(self, claims: JSONObject) -> str:
        """Return a JSON Web Token with these claims."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class TokenRule:
    """A token for one `audience`, in `Authorization: Bearer`.

    It is valid for `lifetime_s`, and is reused for half of that time.
    """

    audience: str
    issuer: str
    lifetime_s: int
    signer: TokenSigner
