"""The model of façades, and of the subgraphs that they or all of them have."""

from typing import Annotated, Any

from pydantic import BeforeValidator, Field

from bffs.config.model.section import Section
from bffs.config.model.texts import (
    FacadePath,
    FileName,
    Name,
    ObjectReference,
    RequestPath,
)
from bffs.config.model.upstream import HashOnSection
from gateway.upstreams.policy import Balancing


def _as_default(value: Any) -> Any:
    return {"default": value} if isinstance(value, str | int | float) else value


class SubgraphSection(Section):
    """A part of the graph: a GraphQL upstream, or Python code in this process."""

    upstream: Name | None = None
    """Name of the upstream that serves it."""
    path: RequestPath = "/graphql"
    """Path of its GraphQL endpoint."""
    sdl: FileName | None = None
    """File with its SDL; without it the service is asked (`_service { sdl }`)."""
    balancing: Balancing | None = None
    """How an instance is picked for its calls, in place of the upstream's way."""
    hash_on: HashOnSection | None = None
    """What `consistent_hash` goes by for its calls, in place of the upstream's."""
    python: ObjectReference | None = None
    """A Strawberry schema in this process, as `package.module:name`."""


class ContractSection(Section):
    """What of the graph a façade shows, by the tags of its elements."""

    include: list[str] = []
    """Show only what has one of these tags; empty shows all."""
    exclude: list[str] = []
    """Hide what has one of these tags."""


class ArgumentRuleSection(Section):
    """What a device asks for where the client does not say, and at most."""

    default: Any = None
    """Value where the operation has none."""
    max: Annotated[int, Field(ge=-(2**31), le=2**31 - 1)] | None = None
    """Largest value that is passed on."""


_Rule = Annotated[ArgumentRuleSection, BeforeValidator(_as_default)]


class DeviceSection(Section):
    """What this kind of client can use; pushed into the services' arguments."""

    arguments: dict[
        str, Annotated[ArgumentRuleSection, BeforeValidator(_as_default)]
    ] = {}
    """By coordinate, such as `Image.url(width:)`: a default, or `{default, max}`."""


class FacadeSection(Section):
    """What one kind of client sees, as GraphQL and as REST."""

    path: FacadePath
    """Where it is served: GraphQL at `{path}/graphql`, REST below `{path}`."""
    contract: ContractSection = ContractSection()
    subgraphs: dict[Name, SubgraphSection] = {}
    """Subgraphs that only this façade has."""
    device: DeviceSection = DeviceSection()
    operations: FileName | None = None
    """Folder of stored operations (`*.graphql`)."""
    introspection: bool | None = None
    """Whether the schema can be asked for; in development mode it can."""
