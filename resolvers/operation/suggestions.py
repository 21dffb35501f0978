"""Suggestions for misspelled names, at a bounded cost.

The edit distance between two names costs the product of their lengths, which client and
schema choose. So long names get no suggestion, and only options with nearly the same
letters are compared in full.
"""

from collections import Counter
from collections.abc import Iterable
from heapq import nsmallest

from graphql.pyutils import did_you_mean, suggestion_list

SUGGESTIONS = 3
"""The number of problems of one request that get a suggestion."""

_LONGEST = 40
_COMPARED = 20


def suggestion(name: str, options: Iterable[str]) -> str:
    """Return ` Did you mean ...?`, or an empty text if there is no similar option."""
    if len(name) > _LONGEST:
        return ""
    letters = Counter(name.lower())
    near = nsmallest(_COMPARED, options, key=lambda each: _apart(letters, each))
    return did_you_mean(suggestion_list(name, near))


def _apart(letters: Counter[str], option: str) -> int:
    """Return a lower bound of the edit distance: the letters that only one has."""
    other = Counter(option[: 2 * _LONGEST].lower())
    return max((letters - other).total(), (other - letters).total())
