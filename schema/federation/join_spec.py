"""The definitions of the join and link specs in a supergraph: SDL, by version."""

from collections.abc import Iterator

from weir.schema.link.url import Version

_V3, _V4, _V5 = Version(0, 3), Version(0, 4), Version(0, 5)

_TYPE = (
    "(graph: join__Graph!, key: join__FieldSet, extension: Boolean! = false,"
    " resolvable: Boolean! = true, isInterfaceObject: Boolean! = false)"
    " repeatable on OBJECT | INTERFACE | UNION | ENUM | INPUT_OBJECT | SCALAR"
)
_DIRECTIVE = (
    "(graphs: [join__Graph!], name: String!, args: join__DirectiveArguments)"
    " repeatable on SCHEMA | OBJECT | INTERFACE | FIELD_DEFINITION"
)
_IMPLEMENTS = (
    "(graph: join__Graph!, interface: String!) repeatable on OBJECT | INTERFACE"
)
_UNION_MEMBER = "(graph: join__Graph!, member: String!) repeatable on UNION"
_LINK = (
    "(url: String, as: String, for: link__Purpose, import: [link__Import])"
    " repeatable on SCHEMA"
)
_DIRECTIVES = (
    (_V4, "join__directive", _DIRECTIVE),
    (_V3, "join__enumValue", "(graph: join__Graph!) repeatable on ENUM_VALUE"),
    (_V3, "join__graph", "(name: String!, url: String!) on ENUM_VALUE"),
    (_V3, "join__implements", _IMPLEMENTS),
    (_V3, "join__type", _TYPE),
    (_V3, "join__unionMember", _UNION_MEMBER),
    (_V3, "link", _LINK),
)

_FIELD_ARGUMENTS = (
    (_V3, "graph: join__Graph"),
    (_V3, "requires: join__FieldSet"),
    (_V3, "provides: join__FieldSet"),
    (_V3, "type: String"),
    (_V3, "external: Boolean"),
    (_V3, "override: String"),
    (_V3, "usedOverridden: Boolean"),
    (_V4, "overrideLabel: String"),
    (_V5, "contextArguments: [join__ContextArgument!]"),
)

_CONTEXT_ARGUMENT = """input join__ContextArgument {
  name: String!
  type: String!
  context: String!
  selection: join__FieldValue!
}"""
_PURPOSE = '''enum link__Purpose {
  """
  `SECURITY` features provide metadata necessary to securely resolve fields.
  """
  SECURITY

  """
  `EXECUTION` features provide metadata necessary for operation execution.
  """
  EXECUTION
}'''
_TYPES = (
    (_V5, "join__ContextArgument", _CONTEXT_ARGUMENT),
    (_V4, "join__DirectiveArguments", "scalar join__DirectiveArguments"),
    (_V3, "join__FieldSet", "scalar join__FieldSet"),
    (_V5, "join__FieldValue", "scalar join__FieldValue"),
    (_V3, "link__Import", "scalar link__Import"),
    (_V3, "link__Purpose", _PURPOSE),
)


def join_directives(version: Version) -> Iterator[tuple[str, str]]:
    """Yield names and definitions of `@link` and the directives of a join version."""
    for since, name, sdl in _DIRECTIVES:
        if since <= version:
            yield name, f"directive @{name}{sdl}"
    arguments = ", ".join(sdl for since, sdl in _FIELD_ARGUMENTS if since <= version)
    locations = "repeatable on FIELD_DEFINITION | INPUT_FIELD_DEFINITION"
    yield "join__field", f"directive @join__field({arguments}) {locations}"


def join_types(version: Version) -> Iterator[tuple[str, str]]:
    """Yield the names and definitions of the types, except `join__Graph`."""
    for since, name, sdl in _TYPES:
        if since <= version:
            yield name, sdl
