"""The stored operations of several sources as one set: each document once."""

from collections.abc import Iterable
from dataclasses import replace

from weir.bffs.config.errors import ConfigError, Problem
from weir.bffs.facades.stored.operation import StoredOperation


def united(operations: Iterable[StoredOperation]) -> tuple[StoredOperation, ...]:
    """Return the operations, those with the same document as one with all of their ids.

    The first of them wins: it may have directives. Each version has its own. Raises
    ConfigError if one id is that of two documents.
    """
    by_text: dict[tuple[str, str], StoredOperation] = {}
    owners: dict[str, StoredOperation] = {}
    problems: list[Problem] = []
    for each in operations:
        for identifier in each.ids:
            owner = owners.setdefault(identifier, each)
            if owner.text != each.text:
                message = (
                    f'the id "{identifier}" is that of another document in {owner.file}'
                    " already"
                )
                problems.append(Problem(file=each.file, message=message))
        key = each.version, each.text
        known = by_text.get(key)
        ids = each.ids if known is None else (*known.ids, *each.ids)
        by_text[key] = replace(known or each, ids=tuple(dict.fromkeys(ids)))
    if problems:
        raise ConfigError(*problems)
    return tuple(by_text.values())
