"""Texts that are cut for a device: at a word if there is one, and with an ellipsis.

A text is measured in grapheme clusters (UAX #29), which are what people see as one
character: an emoji with its skin tone is one, and so is a letter with its accents.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice
from typing import Final

import regex

from weir.gateway.json_types import JSONValue
from weir.resolvers.execute.response.paths import LinkedPath
from weir.resolvers.execute.response.positions import Position, Projection

_GRAPHEME: Final = regex.compile(r"\X")
# The boundaries of words by UAX #29, and not those between \w and \W.
_BOUNDARY: Final = regex.compile(r"\b", regex.WORD)
_ELLIPSIS: Final = "…"
_LEAST_SHARE: Final = 0.5
"""A text loses less than this share to the rest of a word, or the word is cut."""
_AT_ONCE: Final = 256
"""Clusters that are searched together, as the rules of flags look back to the first."""


def shortened(text: str, most: int) -> str:
    """Return a text of at most `most` grapheme clusters, its ellipsis included."""
    if len(text) <= most:
        return text
    ends = list(islice(_ends(text), most + 1))
    if len(ends) <= most:
        return text
    cut = ends[most - 2] if most > 1 else 0
    # The next cluster decides whether a word ends at the cut.
    begin, end = ends[max(0, most - _AT_ONCE)], ends[most - 1]
    words = [
        at
        for match in _BOUNDARY.finditer(text[begin:end])
        if (at := begin + match.start()) <= cut
    ]
    if words and words[-1] > max(begin, cut * _LEAST_SHARE):
        cut = words[-1]
    return text[:cut].rstrip() + _ELLIPSIS


def _ends(text: str) -> Iterator[int]:
    """Yield the end of each grapheme cluster."""
    begin = 0
    while begin < len(text):
        part = text[begin:] if begin else text
        found = [each.end() for each in islice(_GRAPHEME.finditer(part), _AT_ONCE)]
        for end in found:
            yield begin + end
        begin += found[-1]


@dataclass(frozen=True, slots=True)
class ShortText:
    """A string of at most `most` grapheme clusters."""

    most: int

    def project(
        self,
        value: JSONValue,
        position: Position,
        path: LinkedPath,
        projector: Projection,
    ) -> JSONValue:
        if not isinstance(value, str):
            return projector.misfit(position, path)
        return shortened(value, self.most)
