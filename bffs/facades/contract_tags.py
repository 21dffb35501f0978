"""The tags of a contract that have no effect."""

from collections.abc import Collection, Iterator
from dataclasses import dataclass
from typing import Literal

from weir.bffs.config.model.facade import ContractSection
from weir.resolvers.operation.suggestions import suggestion

_SHOWN = 10
"""Tags that a message lists."""


@dataclass(frozen=True, slots=True)
class TagProblem:
    """A tag without effect: the item `index` of `include` or `exclude`."""

    key: Literal["include", "exclude"]
    index: int
    message: str


def tag_problems(
    contract: ContractSection, tags: Collection[str]
) -> Iterator[TagProblem]:
    """Yield a problem for each tag that hides and shows nothing in a graph with `tags`.

    A misspelled tag in `exclude` would show what it is to hide.
    """
    for index, tag in enumerate(contract.include):
        message = _unknown(tag, tags) or _repeated(tag, contract.include[:index])
        if not message and tag in contract.exclude:
            message = f'"{tag}" has no effect, because `exclude` has it too'
        if message:
            yield TagProblem("include", index, message)
    for index, tag in enumerate(contract.exclude):
        message = _unknown(tag, tags) or _repeated(tag, contract.exclude[:index])
        if message:
            yield TagProblem("exclude", index, message)


def _unknown(tag: str, tags: Collection[str]) -> str:
    if tag in tags:
        return ""
    known = sorted(tags)
    listed = ", ".join(known[:_SHOWN]) + (", ..." if len(known) > _SHOWN else "")
    there_are = f"the tags of the graph are: {listed}" if known else "it has no tags"
    close = suggestion(tag, known).strip().removesuffix("?")
    hint = f"{close[0].lower()}{close[1:]}?" if close else there_are
    return f'no element of the graph has the tag "{tag}"; {hint}'


def _repeated(tag: str, before: Collection[str]) -> str:
    return f'"{tag}" is listed twice' if tag in before else ""
