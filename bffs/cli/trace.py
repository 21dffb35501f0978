"""`weir trace`: the explanation of a request of a running gateway, as a waterfall.

Without an id, the requests that failed or were slow are listed.
"""

from collections.abc import Iterator, Mapping
from typing import Any, Final
from urllib.parse import quote

from rich.console import Console
from rich.table import Table
from rich.text import Text

from weir.bffs.cli import FAILED, OK, USAGE_ERROR
from weir.bffs.cli.control_port import (
    CallRejected,
    ControlPortError,
    call_control_port,
)
from weir.bffs.cli.output import print_error

_BAR: Final = 32
_LISTED: Final = 50
_PLAIN: Final = 200
"""The width of the output if it is not a terminal's."""


def print_trace(control: str, token: str, request_id: str) -> int:
    """Print a request, or the list of them without an id; return the exit code.

    `control` is host:port. `token` is empty for a port without tokens.
    """
    path = f"/requests/{quote(request_id, safe='')}" if request_id else _recent_path()
    try:
        body = call_control_port(control, token, "GET", path).json()
    except ControlPortError as error:
        print_error(str(error))
        return USAGE_ERROR
    except CallRejected as error:
        print_error(str(error))
        return FAILED
    console = Console(highlight=False)
    if not console.is_terminal:
        console = Console(highlight=False, width=_PLAIN)
    for each in _explained(body) if request_id else _listed(body["requests"]):
        console.print(each)
    return OK


def _recent_path() -> str:
    return f"/requests/recent?limit={_LISTED}"


def _listed(requests: list[Mapping[str, Any]]) -> Iterator[Table | Text]:
    if not requests:
        yield _text("no requests are recorded")
        return
    table = _table("id", "ended", "request", "status", "ms", "", "missing")
    for each in requests:
        table.add_row(
            *map(
                _text,
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


def _explained(body: Mapping[str, Any]) -> Iterator[Table | Text]:
    summary = body["summary"]
    code = f" {summary['code']}" if summary["code"] else ""
    yield _text(
        f"{_name(summary)}  {summary['status']}{code}  {_ms(summary['duration_s'])} ms"
    )
    yield _text(
        f"ended {summary['ended_at']}  trace {body['trace_id']}"
        f"  generation {body['generation']}"
    )
    for failure in summary["failures"]:
        yield _text(_failure(failure))
    if not body["complete"]:
        yield _text("some parts are no longer recorded")
    yield _waterfall(body["parts"], summary["duration_s"])
    for change in body["changes"]:
        yield _text(f"{change['at_s']:+.1f} s  {change['service']}: {change['change']}")


def _failure(failure: Mapping[str, Any]) -> str:
    of = f" of {failure['service']}" if failure["service"] else ""
    times = f" ({failure['count']} times)" if failure["count"] > 1 else ""
    detail = f": {failure['detail']}" if failure["detail"] else ""
    return f"missing: a part{of}, {failure['code']}{times}{detail}"


def _waterfall(parts: list[Mapping[str, Any]], duration_s: float) -> Table:
    table = _table("start ms", "ms", "", "part", "outcome", "from")
    for part in parts:
        start_s, part_s = part["start_s"], part["duration_s"]
        table.add_row(
            _ms(start_s),
            _ms(part_s),
            _bar(start_s, part_s, duration_s),
            _text(_part(part)),
            _text(_outcome(part)),
            _text(f"{part['endpoint']} {part['instance']}".strip()),
        )
    return table


def _bar(start_s: float, part_s: float, whole_s: float) -> Text:
    """Return the place of a part in the time of its request."""
    if whole_s <= 0:
        return _text("")
    first = min(max(int(start_s / whole_s * _BAR), 0), _BAR - 1)
    width = max(round(part_s / whole_s * _BAR), 1)
    return _text(" " * first + "━" * min(width, _BAR - first))


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


def _text(content: str) -> Text:
    """Return a text of a service or a client without control characters."""
    return Text(
        "".join(
            each if each.isprintable() else "\N{REPLACEMENT CHARACTER}"
            for each in content
        )
    )
