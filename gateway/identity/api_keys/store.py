"""Stored API keys with their rights, and the Protocol of their stores."""

from datetime import UTC, datetime
from typing import Annotated, Final, Protocol

from pydantic import AfterValidator, AwareDatetime, BaseModel, ConfigDict, Field

PLAN_CLAIM: Final = "plan"
"""The claim of an API key that names its plan."""

Name = Annotated[str, Field(min_length=1, max_length=256)]


def _in_utc(moment: datetime) -> datetime:
    try:
        return moment.astimezone(UTC)
    except OverflowError as error:
        message = "in UTC, it is not within the years 1 to 9999"
        raise ValueError(message) from error


Moment = Annotated[AwareDatetime, AfterValidator(_in_utc)]


class ApiKey(BaseModel):
    """An API key without its text; `sha256` is the hash of the text, in hex."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    id: Name
    sha256: Annotated[str, Field(pattern="^[0-9a-f]{64}$")]
    owner: Name
    plan: str = ""
    scopes: tuple[Name, ...] = ()
    roles: tuple[Name, ...] = ()
    created: Moment
    not_before: Moment | None = None
    expires: Moment | None = None
    enabled: bool = True

    def state(self, now_s: float) -> str:
        """Return "valid", "disabled", "expired" or "early" at seconds since 1970."""
        now = datetime.fromtimestamp(now_s, UTC)
        if not self.enabled:
            return "disabled"
        if self.expires is not None and self.expires <= now:
            return "expired"
        if self.not_before is not None and self.not_before > now:
            return "early"
        return "valid"


class KeyStore(Protocol):
    """A store that finds API keys by the SHA-256 of their text."""

    def find(self, digest: bytes) -> ApiKey | None:
        """Return the key with this hash, or None; never waits."""
        ...

    def used(self, key: ApiKey, now_s: float) -> None:
        """Note that a key was used at seconds since 1970; never waits."""
        ...
