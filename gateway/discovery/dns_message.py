"""DNS messages (RFC 1035), as far as instances are found by them: A, AAAA, SRV.

Sans-I/O, and suspicious: names may be compressed by pointers that loop, counts may lie,
and an answer is only that if it repeats the id and the question it was asked.
"""

import struct
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv6Address
from typing import Final, Literal, TypeAlias, assert_never

from weir.gateway.discovery.errors import BadAnswer, NoSuchName

Kind: TypeAlias = Literal["A", "AAAA", "SRV"]

_CODES: Final[dict[Kind, int]] = {"A": 1, "AAAA": 28, "SRV": 33}
_CNAME: Final = 5
_OPT: Final = 41
_IN: Final = 1
_UDP_SIZE: Final = 1232
"""What passes unfragmented nearly everywhere (DNS flag day 2020)."""
_RESPONSE: Final = 0x8000
_TRUNCATED: Final = 0x0200
_RECURSION: Final = 0x0100
_NXDOMAIN: Final = 3
_POINTER: Final = 0xC0
_MAX_STEPS: Final = 128
"""Labels and pointers of one name: it has at most 127 labels."""
_MAX_LABEL: Final = 63
_HEADER: Final = struct.Struct("!6H")
_RECORD: Final = struct.Struct("!HHIH")
_SRV: Final = struct.Struct("!3H")


@dataclass(frozen=True, slots=True)
class SrvTarget:
    """One SRV record (RFC 2782): the lowest priority is asked first."""

    priority: int
    weight: int
    port: int
    host: str


@dataclass(frozen=True, slots=True)
class DnsAnswer:
    """The records of one kind, and how long they may be kept."""

    records: tuple[str | SrvTarget, ...]
    ttl_s: float


class Truncated(BadAnswer):
    """The answer did not fit a datagram: ask again by TCP."""


class Refused(BadAnswer):
    """The server answered that it could not, or would not, answer."""


def encode_query(query_id: int, name: str, kind: Kind) -> bytes:
    """Return a recursive query; raises ValueError where `name` is no host name."""
    header = _HEADER.pack(query_id, _RECURSION, 1, 0, 0, 1)
    question = encode_name(name) + struct.pack("!2H", _CODES[kind], _IN)
    return header + question + b"\0" + _RECORD.pack(_OPT, _UDP_SIZE, 0, 0)


def encode_name(name: str) -> bytes:
    labels = name.rstrip(".").encode("ascii").split(b".")
    if not all(0 < len(label) <= _MAX_LABEL for label in labels):
        msg = f"{name!r} is no host name"
        raise ValueError(msg)
    return b"".join(bytes([len(label)]) + label for label in labels) + b"\0"


def decode_answer(data: bytes, query_id: int, name: str, kind: Kind) -> DnsAnswer:
    """Return what `data` answers to the query.

    Raises `Truncated`, `NoSuchName`, or `BadAnswer` for what is no answer to it.
    """
    try:
        return _Message(data, query_id).answer(name, kind)
    except (struct.error, IndexError) as error:
        msg = "the message ends early"
        raise BadAnswer(msg) from error


class _Message:
    """Reads one message from front to back."""

    def __init__(self, data: bytes, query_id: int) -> None:
        self._data = data
        self._at = _HEADER.size
        got_id, flags, questions, answers, _, _ = _HEADER.unpack_from(data)
        if got_id != query_id or not flags & _RESPONSE or questions != 1:
            msg = "an answer to another question"
            raise BadAnswer(msg)
        self._flags = flags
        self._answers = answers

    def answer(self, name: str, kind: Kind) -> DnsAnswer:
        asked = name.rstrip(".").lower()
        if (self._name().lower(), self._shorts(2)) != (asked, (_CODES[kind], _IN)):
            msg = "an answer to another question"
            raise BadAnswer(msg)
        self._check_code(name)
        found: list[str | SrvTarget] = []
        owners, ttls = {asked}, list[int]()
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
            msg = f"{name} has no {kind} record"
            raise NoSuchName(msg)
        return DnsAnswer(tuple(found), float(min(ttls)))

    def _check_code(self, name: str) -> None:
        if self._flags & _TRUNCATED:
            raise Truncated
        code = self._flags & 0xF
        if code == _NXDOMAIN:
            msg = f"{name} does not exist"
            raise NoSuchName(msg)
        if code:
            msg = f"the server answered with code {code}"
            raise Refused(msg)

    def _record(self) -> tuple[str, int, int, int, int]:
        owner = self._name().lower()
        code, _, ttl, length = _RECORD.unpack_from(self._data, self._at)
        start = self._at + _RECORD.size
        self._at = start + length
        if self._at > len(self._data):
            msg = "a record ends early"
            raise BadAnswer(msg)
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
            msg = "an address of the wrong length"
            raise BadAnswer(msg) from error

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
        """Return a name and where it ends; pointers (section 4.1.4) are followed."""
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
        msg = "a name without an end"
        raise BadAnswer(msg)
