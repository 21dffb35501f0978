"""Canonical response keys: the keys of field values inside the gateway.

Two aliases for one field and arguments must share one value. One field with two sets of
arguments must have two values. So a key is a function of the field's name and
arguments. Aliases only appear in the projection.
"""

from hashlib import blake2s

from graphql import FieldNode

from weir.resolvers.operation.values_text import (
    directive_text,
    own_directives,
    value_text,
)

_DIGEST_BYTES = 5


def response_key(field: FieldNode) -> str:
    """Return the canonical key: the name, and a short hash of any arguments.

    Arguments count as written (variables by name, defaults not applied), in any order.
    So do the directives that are sent to subgraphs.
    """
    name = field.name.value
    if not field.arguments and not field.directives:
        return name
    printed = sorted(
        f"{argument.name.value}:{value_text(argument.value)}"
        for argument in field.arguments or ()
    )
    printed += (directive_text(each) for each in own_directives(field))
    if not printed:
        return name
    digest = blake2s("\n".join(printed).encode(), digest_size=_DIGEST_BYTES)
    return f"{name}__{digest.hexdigest()}"


def mutation_root_key(field: FieldNode) -> str:
    """Return the key of a mutation's root field: the client's response name.

    Side effects are not deduplicated, so two occurrences have two keys.
    """
    return field.alias.value if field.alias else field.name.value
