"""Canonical response keys: where a field's value lives inside the gateway.

Two clients' aliases for one thing must share one value, and one name with two
arguments must not. So a key is a function of the field's name and arguments alone;
aliases appear in the projection, and there only.
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
    """Give the canonical key: the name, and a short hash of any arguments.

    Arguments count as they are written (variables by name, defaults not applied), in
    any order. So do directives of the schema's own, which subgraphs are sent.
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
    """Give the key of a mutation's root field: the client's own response name.

    Side effects are not deduplicated, so two occurrences are two keys.
    """
    return field.alias.value if field.alias else field.name.value
