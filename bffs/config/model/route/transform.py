"""The section of changes of a route's requests and responses."""

from typing import Annotated, Any, Literal, Self

from pydantic import AfterValidator, Field, model_validator

from weir.bffs.config.model.route.json_rules import JsonRulesSection
from weir.bffs.config.model.section import Section
from weir.bffs.config.model.values.scalars import Size, Status
from weir.bffs.config.model.values.texts import HeaderName, HeaderValue, Name
from weir.gateway.edge.header_map import SINGLETONS
from weir.gateway.routes.endpoints.messages.request_fields import is_forwarded
from weir.gateway.upstreams.model.header_rules import may_be_set

_FORBIDDEN_STATUS = (204, 205, 304)
"""RFC 9110 §15.3.5, §15.3.6, §15.4.5: responses without a body."""
_FIRST_FINAL = 200

FieldText = Annotated[
    str, Field(min_length=1, json_schema_extra={"kind": "parameter name"})
]

BodyRead = Literal["json", "form", "xml"]
BodyWritten = Literal["json", "form", "xml", "text"]


def _of_service(name: str) -> str:
    if not may_be_set(name.lower().encode()) or not is_forwarded(name.lower().encode()):
        message = "the gateway writes this header field itself"
        raise ValueError(message)
    return name


def _of_client(name: str) -> str:
    if not may_be_set(name.lower().encode()) or name.lower() in (
        "date",
        "x-request-id",
    ):
        message = "the gateway writes this header field itself"
        raise ValueError(message)
    return name


def _repeatable(name: str) -> str:
    if name.lower().encode() in SINGLETONS:
        message = "this header field is not a list; use `set`"
        raise ValueError(message)
    return name


def _final(status: int) -> int:
    if status < _FIRST_FINAL or status in _FORBIDDEN_STATUS:
        message = "expected the status of a response with a body"
        raise ValueError(message)
    return status


ServiceField = Annotated[HeaderName, AfterValidator(_of_service)]
ClientField = Annotated[HeaderName, AfterValidator(_of_client)]
NewStatus = Annotated[Status, AfterValidator(_final)]
Repeatable = AfterValidator(_repeatable)


class RequestHeadersSection(Section):
    """Changes of header fields for the service, in this order.

    Values may refer to the request: `{id}` of the path, `{query.<name>}`,
    `{headers.<name>}`, `{cookies.<name>}`, `{claims.<path>}`.
    """

    remove: list[HeaderName] = []
    """Fields that are removed."""
    rename: dict[HeaderName, ServiceField] = {}
    """New names; a field of the new name is replaced."""
    set: dict[ServiceField, HeaderValue] = {}
    """Values that replace those of the client, also if a reference has no value."""
    add: dict[Annotated[ServiceField, Repeatable], HeaderValue] = {}
    """Values that are added."""


class ResponseHeadersSection(Section):
    """Changes of header fields for the client, as those for the service."""

    remove: list[HeaderName] = []
    """Fields that are removed."""
    rename: dict[HeaderName, ClientField] = {}
    """New names; a field of the new name is replaced."""
    set: dict[ClientField, HeaderValue] = {}
    """Values that replace those of the service."""
    add: dict[ClientField, HeaderValue] = {}
    """Values that are added."""


class QuerySection(Section):
    """Changes of query parameters, in this order, with the values of `headers`."""

    remove: list[FieldText] = []
    """Parameters that are removed."""
    rename: dict[FieldText, FieldText] = {}
    """New names; a parameter of the new name is replaced."""
    set: dict[
        FieldText, Annotated[str, Field(json_schema_extra={"secret": "whole"})]
    ] = {}
    """Values that replace those of the client, also if a reference has no value."""
    add: dict[
        FieldText, Annotated[str, Field(json_schema_extra={"secret": "whole"})]
    ] = {}
    """Values that are added."""


class BodyExampleSection(Section):
    """A body and its changed form, which `weir check` verifies."""

    input: Any
    """The body: a value for JSON, otherwise its text."""
    output: Any
    """The changed body: a value for JSON, otherwise its text."""
    path: dict[str, str] = {}
    """Parameters of the path, for a template."""
    query: dict[str, str] = {}
    """Query parameters, for a template."""
    claims: dict[str, Any] = {}
    """Claims of the caller, for a template."""


class BodyChangeSection(JsonRulesSection):
    """Changes of a body, which is read, changed by rules, and written."""

    read: BodyRead = "json"
    """Format of the body. XML has `@` before names of attributes."""
    write: BodyWritten | None = None
    """Format of the changed body; by default that of `read`. `text` is the text of the
    template."""
    template: str | None = None
    """Jinja template of the changed body, without calls. It has the values `body`,
    `path`, `query` and `claims`. Unless `write` is `text`, it writes JSON, and each
    expression writes a JSON value."""
    content_type: HeaderValue | None = None
    """Media type of a text. Values in XML and HTML are escaped."""
    root: Name = "root"
    """Element around a value that is written as XML and has not one key."""
    lists: list[str] = []
    """Names of XML elements that are always read as lists."""
    examples: list[BodyExampleSection] = []
    """Examples that `weir check` verifies."""

    @property
    def written(self) -> BodyWritten:
        """The format of the changed body."""
        return self.write or self.read

    @model_validator(mode="after")
    def _check_formats(self) -> Self:
        given = self.model_fields_set
        rules = (
            (
                self.written == "text" and self.template is None,
                "`text` needs a template",
            ),
            (
                "content_type" in given and self.written != "text",
                "`content_type` is only used with `write: text`",
            ),
            ("root" in given and self.written != "xml", "`root` is only used for XML"),
            ("lists" in given and self.read != "xml", "`lists` is only used for XML"),
        )
        for is_broken, message in rules:
            if is_broken:
                raise ValueError(message)
        return self


class RequestChangesSection(Section):
    """Changes of requests."""

    headers: RequestHeadersSection | None = None
    query: QuerySection | None = None
    body: BodyChangeSection | None = None

    @property
    def is_given(self) -> bool:
        """Whether there is a change."""
        return bool(self.model_fields_set)


class ResponseChangesSection(Section):
    """Changes of responses."""

    headers: ResponseHeadersSection | None = None
    status: dict[Status, NewStatus] = {}
    """New statuses by those of the service, such as `{404: 410}`."""
    errors: Literal["problem"] | None = None
    """Replace the bodies of responses with a status of 400 or above by a problem
    (RFC 9457) of the gateway."""
    body: BodyChangeSection | None = None
    """Changes of bodies of responses with a status of 2xx."""


class TransformSection(Section):
    """Changes of requests and responses."""

    request: RequestChangesSection = RequestChangesSection()
    response: ResponseChangesSection = ResponseChangesSection()
    max_size: Size = 1024 * 1024
    """Largest body that is changed."""
