"""DNS messages (RFC 1035) for records of the types A, AAAA and SRV, without I/O.

The decoder does not trust its input: the pointers of compressed names may loop, counts
may be wrong, and a response must repeat the id and the question of the query.
"""

import struct
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv6Address
from typing import Final, Literal, TypeAlias, assert_never

from weir.gateway.discovery.errors import InvalidResponse, NoSuchName

Kind: TypeAlias = Literal["A", "AAAA", "SRV"]

_CODES: Final[dict[Kind, int]] = {"A": 1, "AAAA": 28, "SRV": 33}
_CNAME: Final = 5
_OPT: Final = 41
_IN: Final = 1
_UDP_SIZE: Final = 1232
"""The size that nearly all networks pass unfragmented (DNS flag day 2020)."""
_RESPONSE: Final = 0x8000
_TRUNCATED: Final = 0x0200
_RECURSION: Final = 0x0100
_NXDOMAIN: Final = 3
_POINTER: Final = 0xC0
_MAX_STEPS: Final = 128
"""The limit of labels and pointers in one name, which has at most 127 labels."""
_MAX_LABEL: Final = 63
_HEADER: Final = struct.Struct("!6H")
_RECORD: Final = struct.Struct("!HHIH")
_SRV: Final = struct.Struct("!3H")


@dataclass(frozen=True, slots=True)
class SrvTarget:
    """One SRV record (RFC 2782); targets of the lowest priority are used first."""

    priority: int
    weight: int
    port: int
    host: str


@dataclass(frozen=True, slots=True)
class RecordSet:
    """The records of one type, and the time for which they may be cached."""

    records: tuple[str | SrvTarget, ...]
    ttl_s: float


class Truncated(InvalidResponse):
    """A response that does not fit into a datagram; TCP is needed."""


class ServerFailure(InvalidResponse):
    """A response with an error code other than NXDOMAIN."""


def encode_query(query_id: int, name: str, kind: Kind) -> bytes:
    """Return a recursive query; raise ValueError for an invalid host name."""
    header = _HEADER.pack(query_id, _RECURSION, 1, 0, 0, 1)
    question = encode_name(name) + struct.pack("!2H", _CODES[kind], _IN)
    return header + question + b"\0" + _RECORD.pack(_OPT, _UDP_SIZE, 0, 0)


def encode_name(name: str) -> bytes:
    """Return a domain name as labels (RFC 1035 §3.1); raise ValueError."""
    labels = name.rstrip(".").encode("ascii").split(b".")
    if not all(0 < len(label) <= _MAX_LABEL for label in labels):
        message = f"{name!r} is not a host name"
        raise ValueError(message)
    return b"".join(bytes([len(label)]) + label for label in labels) + b"\0"


def decode_response(data: bytes, query_id: int, name: str, kind: Kind) -> RecordSet:
    """Return the records in a response.

    Raise `Truncated`, `NoSuchName`, or `InvalidResponse` for any other message.
    """
    try:
        return _Message(data, query_id).records(name, kind)
    except (struct.error, IndexError) as error:
        message = "the message is truncated"
        raise InvalidResponse(message) from error


class _Message:
    """A message that is decoded from its beginning to its end."""

    def __init__(self, data: bytes, query_id: int) -> None:
        self._data = data
        self._at = _HEADER.size
        got_id, flags, questions, answers, _, _ = _HEADER.unpack_from(data)
        if got_id != query_id or not flags & _RESPONSE or questions != 1:
            message = "the message is not a response to this query"
            raise InvalidResponse(message)
        self._flags = flags
        self._answers = answers

    def records(self, name: str, kind: Kind) -> RecordSet:
        wanted = name.rstrip(".").lower()
        if (self._name().lower(), self._shorts(2)) != (wanted, (_CODES[kind], _IN)):
            message = "the message is not a response to this query"
            raise InvalidResponse(message)
        self._check_code(name)
        found: list[str | SrvTarget] = []
        owners, ttls = {wanted}, list[int]()
        for _ in range(self._answers):
            owner, code, ttl, start, end = self._record()
            if owner not in owners:
                continue
            if code == _CNAME:
                owners.add(self._name_at(start))
            elif code == _CODES[kind]:
                found.append(self._value(kind, start, end))
            else:
                continue
            ttls.append(ttl)
        if not found:
            message = f"{name} has no {kind} record"
            raise NoSuchName(message)
        return RecordSet(tuple(found), float(min(ttls)))

    def _check_code(self, name: str) -> None:
        if self._flags & _TRUNCATED:
            raise Truncated
        code = self._flags & 0xF
        if code == _NXDOMAIN:
            message = f"{name} does not exist"
            raise NoSuchName(message)
        if code:
            message = f"the server responded with code {code}"
            raise ServerFailure(message)

    def _record(self) -> tuple[str, int, int, int, int]:
        owner = self._name().lower()
        code, _, ttl, length = _RECORD.unpack_from(self._data, self._at)
        start = self._at + _RECORD.size
        self._at = start + length
        if self._at > len(self._data):
            message = "a record is truncated"
            raise InvalidResponse(message)
        return owner, code, ttl, start, self._at

    def _value(self, kind: Kind, start: int, end: int) -> str | SrvTarget:
        data = self._data[start:end]
        try:
            match kind:
                case "A":
                    return str(IPv4Address(data))
                case "AAAA":
                    return str(IPv6Address(data))
                case "SRV":
                    priority, weight, port = _SRV.unpack_from(data)
                    host = self._name_at(start + _SRV.size)
                    return SrvTarget(priority, weight, port, host)
                case _:
                    assert_never(kind)
        except ValueError as error:
            message = "an address has the wrong length"
            raise InvalidResponse(message) from error

    def _shorts(self, count: int) -> tuple[int, ...]:
        values = struct.unpack_from(f"!{count}H", self._data, self._at)
        self._at += 2 * count
        return values

    def _name(self) -> str:
        name, self._at = self._read_name(self._at)
        return name

    def _name_at(self, at: int) -> str:
        return self._read_name(at)[0].lower()

    def _read_name(self, at: int) -> tuple[str, int]:
        """Return a name and the offset of its end; follow pointers (§4.1.4)."""
        labels: list[str] = []
        after = -1
        for _ in range(_MAX_STEPS):
            length = self._data[at]
            if length >= _POINTER:
                after = at + 2 if after < 0 else after
                at = (length - _POINTER) << 8 | self._data[at + 1]
            elif length > _MAX_LABEL:
                break
            elif length:
                labels.append(self._data[at + 1 : at + 1 + length].decode("latin-1"))
                at += 1 + length
            else:
                return ".".join(labels), at + 1 if after < 0 else after
        message = "a name is malformed or too long"
        raise InvalidResponse(message)
