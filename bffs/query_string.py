"""What a request's target says, as text."""

from urllib.parse import parse_qsl

from gateway.errors import WeirError

# What is percent-encoded are bytes; latin-1 gives each of them a character of its own.
_BYTES = "latin-1"


def query_pairs(
    query: str, refusal: type[WeirError]
) -> tuple[tuple[str, list[str]], ...]:
    """Return each parameter and its values, in order; raises `refusal`: not UTF-8."""
    found: dict[str, list[str]] = {}
    for raw_name, raw_value in parse_qsl(
        query, keep_blank_values=True, encoding=_BYTES
    ):
        name = utf8_text(raw_name.encode(_BYTES), "A parameter's name", refusal)
        value = raw_value.encode(_BYTES)
        text = utf8_text(value, f'The parameter "{name[:64]}"', refusal)
        found.setdefault(name, []).append(text)
    return tuple(found.items())


def utf8_text(raw: bytes, what: str, refusal: type[WeirError]) -> str:
    """Decode; raises `refusal`, naming `what` was to be decoded."""
    try:
        return raw.decode()
    except UnicodeDecodeError as error:
        message = f"{what} is not UTF-8."
        raise refusal(message) from error
