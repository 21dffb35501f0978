"""One part of an aggregation: a service, the requests to it, and its place."""

from dataclasses import dataclass

from weir.gateway.routes.aggregation.target import OfPart, Target
from weir.gateway.routes.json_rules.path import JsonPath
from weir.gateway.routes.json_rules.rules import CompiledRules


@dataclass(frozen=True, slots=True, kw_only=True)
class Join:
    """The place of a part's items within the items of another part.

    Each item of `to` whose value at `by` is the value at `key` of an item of this part
    gets that item as `name`, or with `many` the list of all such items.
    """

    part: str
    to: JsonPath
    by: JsonPath
    key: JsonPath
    name: str
    many: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """A part of a response, from the upstream `service`.

    Without `required`, its failure leaves `fallback`, an encoded value, in its place.
    `at` leads to the part's value in a response of the service. The value has the key
    `group` of the response. Without one, its own keys are in the response. They are
    `keys`, or None if they are not known. A part with a join has neither. A request
    has at most `batch` of many values, and there are `max_calls` requests at most.
    `read` are the references of later parts to this one.
    """

    name: str
    service: str
    target: Target
    rules: CompiledRules
    required: bool = True
    timeout_s: float | None = None
    at: JsonPath | None = None
    group: str = ""
    keys: frozenset[str] | None = None
    fallback: bytes = b"null"
    batch: int = 50
    max_calls: int = 20
    join: Join | None = None
    read: tuple[OfPart, ...] = ()

    @property
    def is_merged(self) -> bool:
        """Whether its keys are beside those of other parts."""
        return not self.group and self.join is None
