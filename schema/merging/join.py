"""The directives of the join spec, which relate the supergraph to its subgraphs."""

import re
from collections.abc import Iterable, Mapping

from graphql import ValueNode

from weir.schema.model.definitions import Applied
from weir.schema.model.values import bool_node, enum_node, string_node


def graph_names(subgraphs: Iterable[str]) -> dict[str, str]:
    """Return unique, valid `join__Graph` enum values for the names of subgraphs."""
    wanted: dict[str, list[str]] = {}
    for name in subgraphs:
        wanted.setdefault(_enum_name(name), []).append(name)
    graphs: dict[str, str] = {}
    for enum_name, names in wanted.items():
        if len(names) == 1:
            graphs[names[0]] = enum_name
        else:
            for number, name in enumerate(names, start=1):
                graphs[name] = f"{enum_name}_{number}"
    return graphs


def _enum_name(subgraph: str) -> str:
    name = re.sub(r"[^A-Za-z0-9_]", "_", subgraph)
    if name[:1].isdigit():
        name = f"_{name}"
    if re.search(r"_[0-9]+\Z", name):
        name = f"{name}_"
    return name.upper()


def join_type(
    graph: str,
    *,
    key: str | None = None,
    extension: bool = False,
    resolvable: bool = True,
    is_interface_object: bool = False,
) -> Applied:
    arguments: dict[str, ValueNode] = {"graph": enum_node(graph)}
    if key is not None:
        arguments["key"] = string_node(key)
    if extension:
        arguments["extension"] = bool_node(True)  # noqa: FBT003 - an SDL value
    if not resolvable:
        arguments["resolvable"] = bool_node(False)  # noqa: FBT003 - an SDL value
    if is_interface_object:
        arguments["isInterfaceObject"] = bool_node(True)  # noqa: FBT003 - an SDL value
    return _applied("join__type", arguments)


def join_implements(graph: str, interface: str) -> Applied:
    arguments = {"graph": enum_node(graph), "interface": string_node(interface)}
    return _applied("join__implements", arguments)


def join_member(graph: str, member: str) -> Applied:
    arguments = {"graph": enum_node(graph), "member": string_node(member)}
    return _applied("join__unionMember", arguments)


def join_enum_value(graph: str) -> Applied:
    return _applied("join__enumValue", {"graph": enum_node(graph)})


def join_field(arguments: Mapping[str, ValueNode]) -> Applied:
    """Build `@join__field`; no arguments mean a field of only an interface object."""
    return _applied("join__field", arguments)


def join_directive(arguments: Mapping[str, ValueNode]) -> Applied:
    return _applied("join__directive", arguments)


def _applied(name: str, arguments: Mapping[str, ValueNode]) -> Applied:
    return Applied(name=name, arguments=arguments, spec=name)
