"""The fields of a graph that are in a `@key`: their values identify an entity."""

from weir.schema.graph.graph import Graph
from weir.schema.graph.selections import FieldSet, SelectedField


def type_with_key(graph: Graph, type_name: str, field: str) -> str:
    """Return an object type with a `@key` that has the field, or the empty text.

    `type_name` may be that of an interface: its object types are looked at, too.
    """
    for name in (type_name, *sorted(graph.object_types(type_name))):
        joins = graph.types[name].joins.values()
        if any(selects(key.fields, field) for join in joins for key in join.keys):
            return name
    return ""


def selects(fields: FieldSet, name: str) -> bool:
    """Return whether a set of fields has one of this name at its root."""
    return any(
        isinstance(each, SelectedField) and each.name == name
        for each in fields.selections
    )
