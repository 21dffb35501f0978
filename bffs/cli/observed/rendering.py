"""Recorded requests as text: a list of them, and the waterfall of one."""

from collections.abc import Iterable, Iterator, Mapping
from typing import Any, Final

from rich.console import Console
from rich.table import Table
from rich.text import Text

_BAR: Final = 32
_PLAIN: Final = 200
"""The width of the output if it is not a terminal's."""


def print_lines(lines: Iterable[Table | Text]) -> None:
    """Print texts and tables."""
    console = Console(highlight=False)
    if not console.is_terminal:
        console = Console(highlight=False, width=_PLAIN)
    for line in lines:
        console.print(line)


def listed(requests: list[Mapping[str, Any]]) -> Iterator[Table | Text]:
    """Yield the table of requests, which are those of the control port."""
    if not requests:
        yield text("no requests are recorded")
        return
    table = _table("id", "ended", "request", "status", "ms", "", "missing")
    for each in requests:
        table.add_row(
            *map(
                text,
                (
                    each["request_id"],
                    each["ended_at"],
                    _name(each),
                    str(each["status"]),
                    _ms(each["duration_s"]),
                    each["reason"],
                    _missing(each),
                ),
            )
        )
    yield table


def explained(body: Mapping[str, Any]) -> Iterator[Table | Text]:
    """Yield the lines of an explanation, which is that of the control port."""
    summary = body["summary"]
    code = f" {summary['code']}" if summary["code"] else ""
    yield text(
        f"{_name(summary)}  {summary['status']}{code}  {_ms(summary['duration_s'])} ms"
    )
    yield text(
        f"ended {summary['ended_at']}  trace {body['trace_id']}"
        f"  generation {body['generation']}"
    )
    for failure in summary["failures"]:
        yield text(_failure(failure))
    if body["spent"]:
        yield text(f"spent: {', '.join(map(_spent, body['spent']))}")
    if not body["complete"]:
        yield text("some parts are no longer recorded")
    yield _waterfall(body["parts"], summary["duration_s"])
    for change in body["changes"]:
        yield text(f"{change['at_s']:+.1f} s  {change['service']}: {change['change']}")


def _failure(failure: Mapping[str, Any]) -> str:
    of = f" of {failure['service']}" if failure["service"] else ""
    times = f" ({failure['count']} times)" if failure["count"] > 1 else ""
    detail = f": {failure['detail']}" if failure["detail"] else ""
    return f"missing: a part{of}, {failure['code']}{times}{detail}"


def _spent(spent: Mapping[str, Any]) -> str:
    name = f"{spent['part']} {spent['service']}".rstrip()
    return f"{name} {_ms(spent['seconds'])} ms"


def _waterfall(parts: list[Mapping[str, Any]], duration_s: float) -> Table:
    table = _table("start ms", "ms", "", "part", "outcome", "at")
    for part in parts:
        start_s, part_s = part["start_s"], part["duration_s"]
        table.add_row(
            _ms(start_s),
            _ms(part_s),
            _bar(start_s, part_s, duration_s),
            text(_part(part)),
            text(_outcome(part)),
            text(part["place"] or f"{part['endpoint']} {part['instance']}".strip()),
        )
    return table


def _bar(start_s: float, part_s: float, whole_s: float) -> Text:
    """Return the place of a part in the time of its request."""
    if whole_s <= 0:
        return text("")
    first = min(max(int(start_s / whole_s * _BAR), 0), _BAR - 1)
    width = max(round(part_s / whole_s * _BAR), 1)
    return text(" " * first + "━" * min(width, _BAR - first))


def _part(part: Mapping[str, Any]) -> str:
    again = f" #{part['attempt']}" if part["attempt"] > 1 else ""
    entities = f" ({part['entities']} entities)" if part["entities"] else ""
    return f"{part['kind']} {part['name']}{again}{entities}"


def _outcome(part: Mapping[str, Any]) -> str:
    return f"{part['outcome']} {part['status']}" if part["status"] else part["outcome"]


def _name(request: Mapping[str, Any]) -> str:
    facade = f"{request['client_type']}/" if request["client_type"] else ""
    operation = request["operation"]
    shown = f"{facade}{operation}  " if operation else f"{facade}  ".lstrip()
    return f"{shown}{request['method']} {request['route']}"


def _missing(request: Mapping[str, Any]) -> str:
    failures = request["failures"]
    return ", ".join(f"{each['service']} {each['code']}".strip() for each in failures)


def _ms(seconds: float) -> str:
    return f"{seconds * 1000:.1f}"


def _table(*columns: str) -> Table:
    table = Table(box=None, pad_edge=False)
    for column in columns:
        is_narrow = column in ("start ms", "ms", "status", "")
        table.add_column(
            column,
            justify="right" if is_narrow else "left",
            no_wrap=is_narrow,
            overflow="fold",
        )
    return table


def text(content: str) -> Text:
    """Return a text of a service or a client without control characters."""
    return Text(
        "".join(
            each if each.isprintable() else "\N{REPLACEMENT CHARACTER}"
            for each in content
        )
    )
