"""A check that a larger response contains the data of a smaller one.

The response of a façade differs from those of the services by the device profile:
pictures have another width and format, texts and lists are shorter. These differences
are ignored.
"""

from collections.abc import Iterator
from typing import Any

ELLIPSIS = "…"
NOT_DATA = {"__typename", "_weir"}


def missing_fields(answer: Any, offered: Any, path: str = "") -> Iterator[str]:
    """Yield the paths of values in `answer` that `offered` does not contain."""
    match answer, offered:
        case None, _:
            return
        case dict(), dict():
            for name in answer.keys() - NOT_DATA:
                yield from missing_fields(
                    answer[name], offered.get(name), f"{path}.{name}"
                )
        case list(), list() if len(answer) <= len(offered):
            for index, item in enumerate(answer):
                yield from missing_fields(item, offered[index], f"{path}[{index}]")
        case _:
            if not same_value(answer, offered):
                yield f"{path}: {answer!r:.80} is not {offered!r:.80}"


def same_value(shown: Any, offered: Any) -> bool:
    match shown, offered:
        case str(), str() if shown.startswith("https://images."):
            return same_picture(shown, offered)
        case str(), str() if shown.endswith(ELLIPSIS):
            return offered.startswith(shown.removesuffix(ELLIPSIS))
        case _:
            return bool(shown == offered)


def same_picture(one: str, other: str) -> bool:
    """Return whether both are the same picture, regardless of width and format."""
    return without_size(one) == without_size(other)


def without_size(url: str) -> str:
    address = url.partition("?")[0]
    folder, _, name = address.rpartition("/")
    return f"{folder}/{name.partition('.')[0]}"
