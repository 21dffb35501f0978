"""Bodies of HTML forms: `application/x-www-form-urlencoded`.

https://url.spec.whatwg.org/#application/x-www-form-urlencoded
"""

from collections.abc import Iterator
from typing import Final
from urllib.parse import parse_qsl, urlencode

from weir.gateway.json_types import JSONObject, JSONValue, is_list, is_object
from weir.gateway.routes.bodies.errors import BodyError

_MAX_FIELDS: Final = 10_000


class FormBody:
    """The format of forms: an object of texts, or of lists of them if repeated."""

    content_type = b"application/x-www-form-urlencoded"

    def accepts(self, media_type: bytes) -> bool:
        return media_type == self.content_type

    def decode(self, body: bytes) -> JSONValue:
        try:
            pairs = parse_qsl(
                body.decode(),
                keep_blank_values=True,
                errors="strict",
                max_num_fields=_MAX_FIELDS,
            )
        except ValueError as error:
            message = f"it is not a form in UTF-8 of {_MAX_FIELDS} fields at most"
            raise BodyError(message) from error
        form: JSONObject = {}
        for name, value in pairs:
            known = form.get(name)
            if is_list(known):
                known.append(value)
            else:
                form[name] = value if known is None else [known, value]
        return form

    def encode(self, value: JSONValue) -> bytes:
        if not is_object(value):
            message = "a form is an object"
            raise BodyError(message)
        return urlencode(list(_pairs(value))).encode()


def _pairs(form: JSONObject) -> Iterator[tuple[str, str]]:
    for name, value in form.items():
        for each in value if is_list(value) else [value]:
            if each is not None:
                yield name, _text(name, each)


def _text(name: str, value: JSONValue) -> str:
    match value:
        case bool():
            return "true" if value else "false"
        case str() | int() | float():
            return str(value)
        case _:
            message = f"a form cannot have the object or list at {name!r}"
            raise BodyError(message)
