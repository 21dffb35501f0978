"""The sections of a split: its backends, cohorts, and the cookie of its clients."""

from typing import Annotated, Self

from pydantic import Field, model_validator

from weir.bffs.config.model.route.matching import WhenSection
from weir.bffs.config.model.section import Section
from weir.bffs.config.model.values.scalars import CountOrZero, Duration
from weir.bffs.config.model.values.texts import CookieName, Name, Secret


class BackendSection(Section):
    """One of several services that share the requests."""

    upstream: Name
    """Name of the upstream."""
    weight: CountOrZero = 1
    """Share of the requests, relative to the other backends of the same priority."""
    priority: Annotated[int, Field(ge=1, le=10)] = 1
    """Backends with the lowest number get the requests. Those with the next one get a
    request if there is no response, and it can be sent again."""


class CohortWhenSection(WhenSection):
    """Conditions on a cohort. Each field has a value, or `*` for any value."""

    claims: dict[str, str] = {}
    """Claims of the caller, by a path such as `realm.tenant`; of a list, one item."""


class CohortSection(Section):
    """Requests with shares of their own."""

    when: CohortWhenSection
    weights: dict[Name, CountOrZero]
    """Shares of the backends; those that are not named get no requests."""

    @model_validator(mode="after")
    def _check_effect(self) -> Self:
        if not self.when.model_fields_set:
            message = "when: expected a condition"
            raise ValueError(message)
        if not any(self.weights.values()):
            message = "weights: one needs to be above 0"
            raise ValueError(message)
        return self


class StickyCookieSection(Section):
    """A signed cookie by which each client stays on one side."""

    secret: Annotated[Secret, Field(min_length=16)]
    """Key of the signature, of 16 characters or more, such as `${SPLIT_SECRET}`; the
    same in all gateways."""
    name: CookieName = "weir-split"
    """Name of the cookie."""
    max_age: Duration = 30 * 24 * 3600.0
    """Time after which a client gets a new one."""
