"""Warnings of plain routes that probably get no request, with a sample request."""

from collections.abc import Iterator
from urllib.parse import parse_qsl, urlencode

from weir.bffs.config.decode import LoadedConfig
from weir.bffs.config.errors import Problem
from weir.bffs.config.policies.routes import route_rules
from weir.gateway.edge.request import RequestHead
from weir.gateway.masking import MASK, is_credential
from weir.gateway.routes.shadowing import shadowed


def route_warnings(loaded: LoadedConfig) -> Iterator[Problem]:
    """Yield a warning for each such route, and one for the route that takes over."""
    rules = [each.rule for each in route_rules(loaded.config, loaded.described)]
    for found in shadowed(rules):
        rule, by, sample = found.rule.name, found.by.name, _shown(found.sample)
        lost = f"probably all its requests go to the route {by!r}, such as {sample}"
        yield _warning(loaded, rule, lost)
        yield _warning(loaded, by, f"probably all those of {rule!r} go here")


def _warning(loaded: LoadedConfig, rule: str, message: str) -> Problem:
    document, text = loaded.document, f"warning: routes.{rule}: {message}"
    for each in (found for routes in loaded.described.values() for found in routes):
        if each.name == rule:
            return each.problem(text)
    # The sample may have the values of variables of both routes.
    hidden = document.problem(("routes",), text).message
    return document.problem(("routes", rule), hidden)


def _shown(sample: RequestHead) -> str:
    """Return the arguments of `weir routes explain` for a request, without secrets."""
    host = sample.headers[b"host"].decode()
    pairs = parse_qsl(sample.query, keep_blank_values=True)
    query = urlencode([(name, _masked(name, value)) for name, value in pairs])
    url = f"{sample.method} http://{host}{sample.path}{'?' if query else ''}{query}"
    fields = [
        f"-H '{name}: {_masked(name, value)}'"
        for name, value in ((n.decode(), v.decode()) for n, v in sample.lines)
        if name != "host"
    ]
    return " ".join((f"'{url}'", *fields))


def _masked(name: str, value: str) -> str:
    return MASK if is_credential(name) else value
