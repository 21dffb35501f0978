"""One subgraph, as the input of composition."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Subgraph:
    """A named SDL document; errors show `file`, and `join__Graph` has `url`."""

    name: str
    sdl: str
    url: str = ""
    file: str = ""
