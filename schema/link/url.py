"""Feature URLs: `<base>/<name>/v<major>.<minor>`."""

import re
from dataclasses import dataclass, field
from typing import Self
from urllib.parse import urlsplit

_VERSION = re.compile(r"v(0|[1-9][0-9]*)\.(0|[1-9][0-9]*)\Z")


class InvalidFeatureUrl(ValueError):
    """A URL without the name or the version of a feature; the message names it."""


@dataclass(frozen=True, slots=True, order=True)
class Version:
    major: int
    minor: int

    @classmethod
    def parse(cls, text: str) -> Self:
        """Parse `v1.2`. Raises InvalidFeatureUrl."""
        match = _VERSION.match(text)
        if match is None:
            message = f'Expected a version string (of the form v1.2), got "{text}"'
            raise InvalidFeatureUrl(message)
        return cls(int(match[1]), int(match[2]))

    def __str__(self) -> str:
        return f"v{self.major}.{self.minor}"


@dataclass(frozen=True, slots=True)
class FeatureUrl:
    """A feature's URL; `identity` is without the version, `name` its last segment."""

    identity: str
    name: str
    version: Version = field(compare=False)

    @classmethod
    def parse(cls, url: str) -> Self:
        """Parse a feature's URL. Raises InvalidFeatureUrl."""
        try:
            parts = urlsplit(url)
        except ValueError as error:
            message = f'Invalid feature URL "{url}": {error}'
            raise InvalidFeatureUrl(message) from error
        segments = [segment for segment in parts.path.split("/") if segment]
        if not segments:
            message = f'Missing path in feature url "{url}"'
            raise InvalidFeatureUrl(message)
        version = Version.parse(segments.pop())
        if not segments:
            message = f'Missing feature name component in feature url "{url}"'
            raise InvalidFeatureUrl(message)
        identity = f"{parts.scheme}://{parts.netloc}/{'/'.join(segments)}"
        return cls(identity, segments[-1], version)

    def __str__(self) -> str:
        return f"{self.identity}/{self.version}"
