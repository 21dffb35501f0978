"""The change of a body: decode it, apply rules, write it by a template, encode it."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Protocol

from weir.gateway.json_types import JSONValue
from weir.gateway.routes.bodies.errors import BodyError
from weir.gateway.routes.json_rules.rules import CompiledRules


class BodyFormat(Protocol):
    """A format of bodies, such as JSON; both ways raise BodyError."""

    @property
    def content_type(self) -> bytes:
        """The media type of encoded bodies."""
        ...

    def accepts(self, media_type: bytes) -> bool:
        """Return whether a media type in lower case, without parameters, has it."""
        ...

    def decode(self, body: bytes) -> JSONValue:
        """Return the value of a body."""
        ...

    def encode(self, value: JSONValue) -> bytes:
        """Return the body of a value."""
        ...


class Renderer(Protocol):
    """A template that writes a body."""

    def render(self, values: Mapping[str, JSONValue]) -> bytes:
        """Return the text for some values; raise BodyError."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class BodyChange:
    """A change of bodies from one format to another; raise BodyError.

    A template gets the changed value as `body`. Its text is decoded as `written`
    and then encoded. Without `written`, its text is the body.
    """

    source: BodyFormat
    target: BodyFormat
    rules: CompiledRules
    template: Renderer | None = None
    written: BodyFormat | None = None
    content_type: bytes = b""

    @property
    def media_type(self) -> bytes:
        """The Content-Type of changed bodies."""
        return self.content_type or self.target.content_type

    def accepts(self, content_type: bytes) -> bool:
        """Return whether a body with this Content-Type can be changed."""
        media_type = content_type.partition(b";")[0].strip().lower()
        return self.source.accepts(media_type)

    def changed(self, body: bytes, values: Mapping[str, JSONValue]) -> bytes:
        """Return the changed body; `values` are more values for the template."""
        value = self.rules.changed(self.source.decode(body))
        if self.template is not None:
            text = self.template.render({**values, "body": value})
            if self.written is None:
                return text
            value = self.written.decode(text)
        try:
            return self.target.encode(value)
        except (TypeError, RecursionError) as error:
            message = f"it cannot be encoded: {error}"
            raise BodyError(message) from error
