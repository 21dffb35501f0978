"""Files in the format of MaxMind (MMDB), read as a whole.

A file that is mapped into memory and overwritten in place would end the process.
https://maxmind.github.io/MaxMind-DB/
"""

import re
from collections.abc import Iterable, Mapping
from typing import Any, Final, Protocol

from maxminddb import (
    open_database,  # pyright: ignore[reportUnknownVariableType] - records have any type
)
from maxminddb.const import MODE_MEMORY

from weir.gateway.bounded_file import check_files
from weir.gateway.clients.network import parse_address
from weir.gateway.geography.place import UNKNOWN, Place
from weir.gateway.json_types import JSONValue, is_list, is_mapping

_COUNTRY: Final = re.compile(r"[A-Z]{2}")
_REGION: Final = re.compile(r"[A-Z0-9]{1,3}")
_LARGEST_ASN: Final = 2**32 - 1
_IPV6: Final = 6
_SAMPLES: Final = ("8.8.8.8", "2001:4860:4860::8888")


class _Reader(Protocol):
    """A file that is read."""

    def get(self, ip_address: str) -> object: ...


class UnusableDatabase(Exception):
    """A file that cannot be used; the message has its path and the reason."""


class Databases:
    """The files of one version; the first one that knows a part of a place wins."""

    __slots__ = ("_readers",)

    def __init__(self, files: Iterable[str]) -> None:
        """Read the files; raise UnusableDatabase."""
        self._readers = [_opened(file) for file in files]

    def place(self, address: str) -> Place:
        """Return the place of an address, which may be none."""
        parsed = parse_address(address)
        if parsed is None:
            return UNKNOWN
        records = [_record(reader, str(parsed)) for reader in self._readers]
        return Place(
            country=_first(map(_country, records)),
            region=_first(map(_region, records)),
            asn=next((asn for asn in map(_asn, records) if asn), 0),
        )


def _opened(file: str) -> _Reader:
    try:
        check_files(file)
        # Its records have any type.
        opened: Any = open_database(file, MODE_MEMORY)
        reader: _Reader = opened
        # A file of IPv4 alone rejects the second address.
        for address in _SAMPLES[: 2 if opened.metadata().ip_version == _IPV6 else 1]:
            reader.get(address)
    except OSError as error:
        message = f"{file} cannot be read: {error.strerror or error}"
        raise UnusableDatabase(message) from error
    except Exception as error:
        # The reader has no common base for what a broken file causes.
        message = f"{file} is not a database of MaxMind: {error}"
        raise UnusableDatabase(message) from error
    return reader


def _record(reader: _Reader, address: str) -> Mapping[str, JSONValue]:
    try:
        record = reader.get(address)
    except Exception:  # noqa: BLE001 - a broken part of a file, or an address of IPv6
        return {}
    return record if is_mapping(record) else {}


def _first(values: Iterable[str]) -> str:
    return next((value for value in values if value), "")


def _country(record: Mapping[str, JSONValue]) -> str:
    return _code(record.get("country"), _COUNTRY)


def _region(record: Mapping[str, JSONValue]) -> str:
    divisions = record.get("subdivisions")
    first = divisions[0] if is_list(divisions) and divisions else None
    country, region = _country(record), _code(first, _REGION)
    return f"{country}-{region}" if country and region else ""


def _asn(record: Mapping[str, JSONValue]) -> int:
    number = record.get("autonomous_system_number")
    if type(number) is int and 0 < number <= _LARGEST_ASN:
        return number
    return 0


def _code(part: JSONValue, pattern: re.Pattern[str]) -> str:
    code = part.get("iso_code") if is_mapping(part) else None
    return code if isinstance(code, str) and pattern.fullmatch(code) else ""
