"""The rules for one subgraph; a rule is a function from its schema to errors."""

from collections.abc import Callable, Iterator
from typing import TypeAlias

from weir.schema.diagnostics.errors import CompositionError
from weir.schema.subgraphs.subgraph_schema import SubgraphSchema
from weir.schema.validation.rules.auth_on_interface import auth_on_interface
from weir.schema.validation.rules.context_names import context_names
from weir.schema.validation.rules.cost_on_interface import cost_on_interface
from weir.schema.validation.rules.external_on_interface import external_on_interface
from weir.schema.validation.rules.external_unused import external_unused
from weir.schema.validation.rules.from_context import from_context
from weir.schema.validation.rules.interface_keys import interface_keys
from weir.schema.validation.rules.interface_objects import interface_objects
from weir.schema.validation.rules.keys import keys
from weir.schema.validation.rules.list_size import list_size
from weir.schema.validation.rules.provides import provides
from weir.schema.validation.rules.requires import requires
from weir.schema.validation.rules.shareable import shareable

Rule: TypeAlias = Callable[[SubgraphSchema], Iterator[CompositionError]]

RULES: tuple[Rule, ...] = (
    keys,
    provides,
    requires,
    external_on_interface,
    external_unused,
    interface_keys,
    interface_objects,
    shareable,
    auth_on_interface,
    cost_on_interface,
    list_size,
    context_names,
    from_context,
)
