"""The rules for the merged schema, in stages; a rule is a function to its errors."""

from collections.abc import Callable, Iterator
from typing import TypeAlias

from weir.schema.diagnostics.errors import CompositionError
from weir.schema.merging.supergraph_schema import SupergraphSchema
from weir.schema.validation.merged_rules.auth_requirements import auth_requirements
from weir.schema.validation.merged_rules.composed_directives import composed_directives
from weir.schema.validation.merged_rules.graphql_validity import graphql_validity
from weir.schema.validation.merged_rules.inaccessible import inaccessible
from weir.schema.validation.merged_rules.interface_fields import interface_fields
from weir.schema.validation.merged_rules.interface_implementations import (
    interface_implementations,
)
from weir.schema.validation.merged_rules.requires_arguments import requires_arguments

MergedRule: TypeAlias = Callable[[SupergraphSchema], Iterator[CompositionError]]

STAGES: tuple[tuple[MergedRule, ...], ...] = (
    (interface_fields, interface_implementations, requires_arguments),
    (graphql_validity, composed_directives),
    (inaccessible, auth_requirements),
)
