"""The errors of credentials and of access, with their challenges (RFC 6750 §3).

A credential that is present and wrong is always an error: the request never continues
as that of an anonymous client.
"""

from collections.abc import Collection
from typing import ClassVar, Final

from weir.gateway.errors import Fault, WeirError
from weir.gateway.headers import Headers

_CHALLENGE: Final = b"www-authenticate"


def _quoted(text: str) -> str:
    """Return a text without the quotes and backslashes that RFC 6750 §3 excludes."""
    return text.replace('"', "'").replace("\\", "/")


class _Challenged(WeirError):
    """An error with a challenge; `challenge_error` is a code of RFC 6750 §3.1."""

    challenge_error: ClassVar[str] = ""

    @property
    def response_headers(self) -> Headers:
        parameters = [
            f'{name}="{_quoted(text)}"' for name, text in self._parameters() if text
        ]
        challenge = f"Bearer {', '.join(parameters)}".rstrip()
        return (
            *super().response_headers,
            (_CHALLENGE, challenge.encode("ascii", "replace")),
        )

    def _parameters(self) -> tuple[tuple[str, str], ...]:
        description = self.detail if self.challenge_error else ""
        return (
            ("error", self.challenge_error),
            ("error_description", description),
        )


class InvalidCredential(_Challenged):
    """The base of all credentials that are present and wrong.

    `lasting` is true if the same credential is wrong a few seconds later as well.
    """

    challenge_error = "invalid_token"
    lasting: ClassVar[bool] = True


class SeveralCredentials(
    _Challenged,
    code="SEVERAL_CREDENTIALS",
    fault=Fault.CLIENT,
    status=400,
    title="The request has more than one credential.",
):
    """RFC 6750 §2: a client must not use more than one way to send a credential."""

    challenge_error = "invalid_request"


class CredentialTooLarge(
    _Challenged,
    code="CREDENTIAL_TOO_LARGE",
    fault=Fault.CLIENT,
    status=400,
    title="The credential is too large.",
):
    challenge_error = "invalid_request"


class UnsupportedScheme(
    InvalidCredential,
    code="AUTHENTICATION_SCHEME_NOT_SUPPORTED",
    fault=Fault.CLIENT,
    status=401,
    title="The gateway does not support this authentication scheme.",
):
    """A scheme of `Authorization` other than Bearer (RFC 9110 §11.4)."""


class TokenMalformed(
    InvalidCredential,
    code="TOKEN_MALFORMED",
    fault=Fault.CLIENT,
    status=401,
    title="The token is malformed.",
): ...


class TokenTypeNotAllowed(
    InvalidCredential,
    code="TOKEN_TYPE_NOT_ALLOWED",
    fault=Fault.CLIENT,
    status=401,
    title="A token of this type is not an access token.",
):
    """Explicit typing of JSON Web Tokens (RFC 8725 §3.11)."""


class TokenIssuerUnknown(
    InvalidCredential,
    code="TOKEN_ISSUER_UNKNOWN",
    fault=Fault.CLIENT,
    status=401,
    title="The gateway does not trust the issuer of the token.",
): ...


class TokenAlgorithmNotAllowed(
    InvalidCredential,
    code="TOKEN_ALGORITHM_NOT_ALLOWED",
    fault=Fault.CLIENT,
    status=401,
    title="The signature algorithm of the token is not allowed.",
):
    """`none`, or an algorithm that the issuer or the key is not configured for."""


class TokenKeyUnknown(
    InvalidCredential,
    code="TOKEN_KEY_UNKNOWN",
    fault=Fault.CLIENT,
    status=401,
    title="The issuer has no such key.",
):
    lasting = False


class TokenSignatureInvalid(
    InvalidCredential,
    code="TOKEN_SIGNATURE_INVALID",
    fault=Fault.CLIENT,
    status=401,
    title="The signature of the token is not valid.",
): ...


class TokenExpired(
    InvalidCredential,
    code="TOKEN_EXPIRED",
    fault=Fault.CLIENT,
    status=401,
    title="The token has expired.",
): ...


class TokenNotYetValid(
    InvalidCredential,
    code="TOKEN_NOT_YET_VALID",
    fault=Fault.CLIENT,
    status=401,
    title="The token is not valid yet.",
):
    lasting = False


class TokenAudienceWrong(
    InvalidCredential,
    code="TOKEN_AUDIENCE_WRONG",
    fault=Fault.CLIENT,
    status=401,
    title="The token is for another audience.",
):
    """A token without one of the audiences that are accepted."""

    def __init__(self, accepted: Collection[str]) -> None:
        audiences = " or ".join(sorted(accepted))
        super().__init__(f"The token is for another audience: `aud` needs {audiences}.")


class TokenClaimInvalid(
    InvalidCredential,
    code="TOKEN_CLAIM_INVALID",
    fault=Fault.CLIENT,
    status=401,
    title="A claim of the token is missing or invalid.",
): ...


class TokenInactive(
    InvalidCredential,
    code="TOKEN_INACTIVE",
    fault=Fault.CLIENT,
    status=401,
    title="The issuer does not know the token, or has ended it.",
):
    """A token that is not active (RFC 7662 §2.2)."""


class ClientCertificateMalformed(
    InvalidCredential,
    code="CLIENT_CERTIFICATE_MALFORMED",
    fault=Fault.CLIENT,
    status=401,
    title="The client certificate cannot be read.",
):
    """A certificate without a name, or a field of a proxy without one certificate."""


class ClientCertificateExpired(
    InvalidCredential,
    code="CLIENT_CERTIFICATE_EXPIRED",
    fault=Fault.CLIENT,
    status=401,
    title="The client certificate has expired.",
):
    """A certificate that has expired since the handshake."""


class ApiKeyMalformed(
    InvalidCredential,
    code="API_KEY_MALFORMED",
    fault=Fault.CLIENT,
    status=401,
    title="The API key is malformed.",
): ...


class ApiKeyUnknown(
    InvalidCredential,
    code="API_KEY_UNKNOWN",
    fault=Fault.CLIENT,
    status=401,
    title="The API key is not known.",
): ...


class ApiKeyDisabled(
    InvalidCredential,
    code="API_KEY_DISABLED",
    fault=Fault.CLIENT,
    status=401,
    title="The API key is disabled.",
):
    lasting = False


class ApiKeyExpired(
    InvalidCredential,
    code="API_KEY_EXPIRED",
    fault=Fault.CLIENT,
    status=401,
    title="The API key has expired.",
):
    lasting = False


class ApiKeyNotYetValid(
    InvalidCredential,
    code="API_KEY_NOT_YET_VALID",
    fault=Fault.CLIENT,
    status=401,
    title="The API key is not valid yet.",
):
    lasting = False


class IssuerUnavailable(
    WeirError,
    code="ISSUER_UNAVAILABLE",
    fault=Fault.OURS,
    status=503,
    retryable=True,
    title="The issuer of the credential is not available.",
):
    """The keys of an issuer have not been fetched yet, or it does not respond."""

    retry_after_s = 5.0


class IssuerKeysNotJson(
    IssuerUnavailable,
    code="ISSUER_KEYS_NOT_JSON",
    fault=Fault.OURS,
    status=503,
    retryable=True,
    title="The issuer sent keys that are not a JSON object.",
): ...


class IssuerKeysUnusable(
    IssuerUnavailable,
    code="ISSUER_KEYS_UNUSABLE",
    fault=Fault.OURS,
    status=503,
    retryable=True,
    title="The issuer sent no key that can be used.",
): ...


class IssuerKeysTooLarge(
    IssuerUnavailable,
    code="ISSUER_KEYS_TOO_LARGE",
    fault=Fault.OURS,
    status=503,
    retryable=True,
    title="The keys of the issuer are above the size limit.",
): ...


class IssuerKeysLate(
    IssuerUnavailable,
    code="ISSUER_KEYS_TIMEOUT",
    fault=Fault.OURS,
    status=503,
    retryable=True,
    title="The issuer did not send its keys in time.",
): ...


class TooManyAttempts(
    WeirError,
    code="TOO_MANY_ATTEMPTS",
    fault=Fault.CLIENT,
    status=429,
    retryable=True,
    title="This address has sent too many credentials that could not be accepted.",
):
    """Too many wrong credentials, or too many new ones to verify, from an address."""

    def __init__(self, retry_after_s: float) -> None:
        super().__init__()
        self.retry_after_s = retry_after_s
