"""The model of identities: credentials that are accepted, and access rules."""

from typing import Annotated, Any, Final, Literal, Self

from pydantic import AfterValidator, BeforeValidator, Field, model_validator

from weir.bffs.config.model.policy import PolicySection
from weir.bffs.config.model.section import Section
from weir.bffs.config.model.values.scalars import Delay, Duration
from weir.bffs.config.model.values.texts import (
    FileName,
    HeaderName,
    Name,
    QueryKeyName,
    RequestPath,
    Secret,
)
from weir.bffs.config.model.values.urls import SecureUrl
from weir.gateway.identity.attempts import AttemptLimits
from weir.gateway.identity.jwt.algorithms import (
    ASYMMETRIC,
    MIN_SECRET_BYTES,
    SYMMETRIC,
    secret_algorithms,
)
from weir.gateway.routes.matching.template import InvalidTemplate, parse_template

Algorithm = Literal[
    "HS256",
    "HS384",
    "HS512",
    "RS256",
    "RS384",
    "RS512",
    "PS256",
    "PS384",
    "PS512",
    "ES256",
    "ES384",
    "ES512",
    "EdDSA",
]
CertificateClaim = Literal[
    "common_name", "organization", "organizational_unit", "uri", "dns", "email"
]
_LIMITS = AttemptLimits()
_OF_GRAPHQL: Final = {"query", "variables", "operationName", "extensions"}
JWKS_PATH: Final = "/.well-known/jwks.json"
MIN_LIFETIME_S: Final = 10
MAX_LIFETIME_S: Final = 900


def _as_list(value: Any) -> Any:
    return [value] if isinstance(value, str) else value


def _as_access(value: Any) -> Any:
    match value:
        case "anonymous":
            return {}
        case "authenticated":
            return {"authenticated": True}
        case str():
            message = "expected `anonymous`, `authenticated`, or keys and values"
            raise ValueError(message)
        case _:
            return value


def _fixed_path(value: str) -> str:
    try:
        template = parse_template(value)
    except InvalidTemplate as error:
        raise ValueError(str(error)) from error
    if template.parameters:
        message = "expected a path without parameters"
        raise ValueError(message)
    return value


def _not_of_graphql(value: str) -> str:
    if value in _OF_GRAPHQL:
        message = f"`{value}` is a parameter of GraphQL over HTTP"
        raise ValueError(message)
    return value


def _of_seconds(value: float) -> float:
    if not MIN_LIFETIME_S <= value <= MAX_LIFETIME_S or value != int(value):
        message = "expected whole seconds, from 10 seconds to 15 minutes"
        raise ValueError(message)
    return value


def _long_enough(value: str) -> str:
    if len(value.encode()) < MIN_SECRET_BYTES:
        message = f"the secret has less than {MIN_SECRET_BYTES} bytes (RFC 7518 §3.2)"
        raise ValueError(message)
    return value


Text = Annotated[str, Field(min_length=1, max_length=1024)]
Texts = Annotated[
    list[Text],
    BeforeValidator(_as_list, json_schema_input_type=str | list[str]),
]


class JwtSection(Section):
    """An issuer of JSON Web Tokens; a token is tried only against its own issuer."""

    issuer: Text
    """Value of `iss` in its tokens."""
    audiences: Annotated[Texts, Field(min_length=1)]
    """Values of `aud`; a token needs one of them."""
    discovery: bool = False
    """Load the keys that `{issuer}/.well-known/openid-configuration` names."""
    jwks_url: SecureUrl | None = None
    """URL of a JWK Set with the keys."""
    keys: FileName | None = None
    """File with the keys: a JWK Set, or public keys or certificates in PEM."""
    secret: Annotated[Secret, AfterValidator(_long_enough)] | None = None
    """Secret that the issuer shares with the gateway, for `HS` algorithms."""
    algorithms: list[Algorithm] = []
    """Signature algorithms; by default those that fit the keys."""
    scopes: Texts = ["scope", "scp"]
    """Claims with scopes, as a text or a list; paths such as `access.scopes`."""
    roles: Texts = ["roles"]
    """Claims with roles, such as `realm_access.roles`."""
    leeway: Delay = 30.0
    """Tolerance for clocks that differ, at most 5 minutes."""
    expiry_required: bool = True
    """Reject tokens without `exp`."""
    refresh: Duration = 300.0
    """Time between two loads of the keys."""

    @model_validator(mode="after")
    def _check_keys(self) -> Self:
        sources = {
            "discovery": self.discovery,
            "jwks_url": self.jwks_url is not None,
            "keys": self.keys is not None,
            "secret": self.secret is not None,
        }
        if sum(sources.values()) != 1:
            message = "expected one of `discovery`, `jwks_url`, `keys` and `secret`"
            raise ValueError(message)
        if self.discovery and not self.issuer.startswith(("https://", "http://")):
            message = "`discovery` needs an `issuer` that is a URL"
            raise ValueError(message)
        if self.leeway > 300:  # noqa: PLR2004 - five minutes
            message = "`leeway` is longer than 5 minutes"
            raise ValueError(message)
        return self

    @model_validator(mode="after")
    def _check_algorithms(self) -> Self:
        if self.secret is None:
            unfit, way_out = SYMMETRIC, "these need `secret`, not public keys"
        else:
            fit = secret_algorithms(self.secret.encode())
            unfit = (ASYMMETRIC | SYMMETRIC) - fit
            way_out = f"a secret of this length is for {', '.join(sorted(fit))}"
        if wrong := sorted(unfit.intersection(self.algorithms)):
            message = f"algorithms: {', '.join(wrong)}: {way_out}"
            raise ValueError(message)
        return self


class AttemptsSection(Section):
    """Limits for clients with new or wrong credentials, by address (IPv6 by /64)."""

    verifications: Annotated[float, Field(ge=1, le=100_000)] = (
        _LIMITS.verifications_per_s
    )
    """Verifications of new credentials per second, twice as many at once."""
    failures: Annotated[int, Field(ge=1, le=1_000_000)] = _LIMITS.failures
    """Wrong credentials after which the address gets 429 for new ones."""
    backoff: Duration = _LIMITS.backoff_s
    """Time of the first such rejection; doubled with each further failure."""
    max_backoff: Duration = _LIMITS.max_backoff_s
    """Longest time of a rejection."""


class IntrospectionSection(Section):
    """An endpoint that explains opaque tokens in `Authorization: Bearer` (RFC 7662)."""

    url: SecureUrl
    """Introspection endpoint of the authorization server."""
    client_id: Text
    """The gateway, as the server knows it."""
    client_secret: Secret
    """Secret of the gateway, sent as HTTP Basic."""
    audiences: Texts = []
    """Values of `aud`, of which a token must have one; by default none is needed."""
    scopes: Texts = ["scope"]
    """Members of the response with scopes; paths such as `access.scopes`."""
    roles: Texts = ["roles"]
    """Members of the response with roles."""
    cache: Annotated[Duration, Field(le=300)] = 60.0
    """Longest time that a token is accepted without another call."""
    timeout: Annotated[Duration, Field(le=10)] = 2.0
    """Time limit of a call."""


class ApiKeysSection(Section):
    """API keys of clients; `weir keys` creates, rotates and revokes them."""

    file: FileName
    """File with the hashes of the keys; changes take effect without a restart."""
    header: HeaderName = "x-api-key"
    """Header field with the key."""
    query: Annotated[QueryKeyName, AfterValidator(_not_of_graphql)] | None = None
    """Query parameter with the key, for clients that cannot send a header field. It is
    removed from the query before any other use, but browsers and proxies store URLs."""


class ClientCertificatesSection(Section):
    """Client certificates, for requests without another credential.

    The subject of the caller is that of the certificate, or else its first alternative
    name.
    """

    roles: list[CertificateClaim] = []
    """Claims with roles; `organizational_unit` is usual."""
    forwarded: bool = False
    """For connections of `server.trusted_proxies`, take the certificate from `Cert` of
    `X-Forwarded-Client-Cert`. The proxies have to replace the field, as clients could
    forge it."""


class RoleSection(Section):
    """A role, and the scopes that it grants."""

    scopes: Texts = []
    """Scopes that callers with this role have in addition to their own."""


class SigningSection(Section):
    """Tokens that the gateway signs for services, to name the caller."""

    issuer: Annotated[str, Field(min_length=1, max_length=255)]
    """The gateway, as the claim `iss` names it."""
    keys: Annotated[list[FileName], Field(min_length=1, max_length=4)]
    """Files of private keys in PEM; the first signs, and all are published."""
    lifetime: Annotated[Duration, AfterValidator(_of_seconds)] = 60
    """Time that a token is valid; it is reused for half of it."""
    jwks_path: Annotated[RequestPath, AfterValidator(_fixed_path)] = JWKS_PATH
    """Path of the public keys, as a JWK Set (RFC 7517)."""


class IdentitySection(Section):
    """Credentials of clients; one that is wrong is an error, never anonymous."""

    jwt: dict[Name, JwtSection] = {}
    """Issuers of JSON Web Tokens in `Authorization: Bearer`, by name."""
    introspection: IntrospectionSection | None = None
    api_keys: ApiKeysSection | None = None
    client_certificates: ClientCertificatesSection | None = None
    roles: dict[Text, RoleSection] = {}
    """Scopes that roles grant, by the name of the role."""
    policies: dict[Text, PolicySection] = {}
    """Policies that `@policy` and `access` use, by name."""
    signing: SigningSection | None = None
    attempts: AttemptsSection = AttemptsSection()

    @property
    def accepts_credentials(self) -> bool:
        """Whether there is a kind of credential that a client can send."""
        return (
            self.accepts_tokens
            or self.api_keys is not None
            or self.client_certificates is not None
        )

    @property
    def accepts_tokens(self) -> bool:
        """Whether clients can send a bearer token."""
        return bool(self.jwt) or self.introspection is not None

    @property
    def query_key(self) -> str | None:
        """The name of the query parameter with API keys, or None."""
        return self.api_keys.query if self.api_keys else None

    @property
    def credential_fields(self) -> tuple[str, ...]:
        """The names of the header fields with credentials, in lower case."""
        tokens = ("authorization",) if self.accepts_tokens else ()
        keys = (self.api_keys.header.lower(),) if self.api_keys else ()
        return tokens + keys


class AccessSection(Section):
    """Callers that may use a façade: `anonymous`, `authenticated`, or these keys."""

    authenticated: bool = False
    """Require a credential; `scopes` and `roles` do so by themselves."""
    scopes: list[Texts] = []
    """Sets of scopes, of which the caller needs one: `[[a, b], [c]]` is a and b, or
    c."""
    roles: Texts = []
    """Roles, of which the caller needs one."""
    policies: Texts = []
    """Policies, which all have to allow the caller."""

    @property
    def needs_credential(self) -> bool:
        """Whether it rejects all callers without a credential."""
        return bool(self.authenticated or self.scopes or self.roles)

    @model_validator(mode="after")
    def _check_sets(self) -> Self:
        if not all(self.scopes):
            message = "scopes: a set without a scope would admit all callers"
            raise ValueError(message)
        return self


Access = Annotated[
    AccessSection,
    BeforeValidator(
        _as_access,
        json_schema_input_type=Literal["anonymous", "authenticated"] | AccessSection,
    ),
]
