"""The query string of a request as text."""

from urllib.parse import unquote_to_bytes

from weir.gateway.errors import WeirError

# A raw query is text whose characters are its bytes.
_BYTES = "latin-1"


def query_pairs(
    query: str, refusal: type[WeirError]
) -> tuple[tuple[str, list[str]], ...]:
    """Return each parameter and its values, in order; raises `refusal`: not UTF-8."""
    found: dict[str, list[str]] = {}
    for pair in query.split("&"):
        if not pair:
            continue
        raw_name, _, raw_value = pair.partition("=")
        name = _text(raw_name, "A parameter's name", refusal)
        text = _text(raw_value, f'The parameter "{name[:64]}"', refusal)
        found.setdefault(name, []).append(text)
    return tuple(found.items())


def _text(raw: str, what: str, refusal: type[WeirError]) -> str:
    plain = raw.replace("+", " ")
    if "%" not in plain and plain.isascii():
        return plain
    try:
        return unquote_to_bytes(plain.encode(_BYTES)).decode()
    except UnicodeDecodeError as error:
        message = f"{what} is not UTF-8."
        raise refusal(message) from error
