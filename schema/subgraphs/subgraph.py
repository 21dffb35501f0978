"""One subgraph as it enters composition."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Subgraph:
    """A named SDL document; `file` is shown in errors, `url` goes into join__Graph."""

    name: str
    sdl: str
    url: str = ""
    file: str = ""
