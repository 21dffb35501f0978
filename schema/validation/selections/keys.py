"""Predicates of `@key`."""

from graphql import BooleanValueNode

from weir.schema.model.definitions import Applied


def is_resolvable(key: Applied) -> bool:
    """Return whether other subgraphs may enter by the key."""
    value = key.arguments.get("resolvable")
    return not (isinstance(value, BooleanValueNode) and not value.value)
