"""The root of the model. The model's descriptions are the configuration reference."""

from collections.abc import Iterator
from typing import Literal

from bffs.config.model.facade import FacadeSection, SubgraphSection
from bffs.config.model.redis import RedisSection
from bffs.config.model.section import Section
from bffs.config.model.server import LimitsSection, ServerSection
from bffs.config.model.texts import FileName, HeaderName, Name, ObjectReference
from bffs.config.model.upstream import UpstreamSection
from bffs.config.place import DataPath

Mode = Literal["production", "development"]


class StickySection(Section):
    """What a share of the requests is taken by."""

    header: HeaderName
    """Header field of the client: one value, one side, for as long as it is sent.
    Where a request has none, it goes by itself."""


class OverrideSection(Section):
    """Fields that move between subgraphs step by step: `@override(label:)`."""

    sticky: StickySection | None = None
    """What `percent(x)` labels go by; by default x percent of the requests."""
    labels: ObjectReference | None = None
    """Python object that says which other labels are active, as
    `package.module:name`; without it none of them is."""


class Config(Section):
    """The whole of weir.yaml."""

    mode: Mode = "production"
    """`production` masks upstream errors and hides introspection."""
    server: ServerSection = ServerSection()
    limits: LimitsSection = LimitsSection()
    upstreams: dict[Name, UpstreamSection] = {}
    """The services, by name."""
    subgraphs: dict[Name, SubgraphSection] = {}
    """The parts of the graph, by name."""
    supergraph: FileName | None = None
    """File with a supergraph that was composed elsewhere, instead of `subgraphs`."""
    redis: RedisSection | None = None
    """What several gateways share; without it each has its own."""
    override: OverrideSection = OverrideSection()
    facades: dict[Name, FacadeSection] = {}
    """What clients see, by kind of client."""

    def all_subgraphs(self) -> Iterator[tuple[DataPath, SubgraphSection]]:
        """Yield those of all façades and of single ones, with their places."""
        for name, subgraph in self.subgraphs.items():
            yield ("subgraphs", name), subgraph
        for facade_name, facade in self.facades.items():
            for name, subgraph in facade.subgraphs.items():
                yield ("facades", facade_name, "subgraphs", name), subgraph
