"""What subgraphs report, in the client's terms.

A subgraph knows its own document: its paths begin with our `_entities` aliases and
hold canonical keys, and one error of an entity is an error of every object that the
entity is merged into. None of this is looked at before something has failed; then the
fetch's objects are located once, and each error is told wherever the client sees it.
"""

import re
from dataclasses import dataclass, field

from weir.gateway.errors import WeirError
from weir.resolvers.errors import SubgraphError, extensions_of
from weir.resolvers.execute.error_locations import ErrorLocations
from weir.resolvers.execute.failures import ClientPath, Failures, common_prefix
from weir.resolvers.execute.projection import ObjectSelection
from weir.resolvers.execute.scalars import writable
from weir.resolvers.execute.step import Call, Step
from weir.resolvers.json_types import JSONObject, JSONValue

_CODE = re.compile(r"[A-Za-z][A-Za-z0-9_]{0,63}")

MAX_ERRORS_PER_CALL = 100
"""One broken subgraph can fail each item of a long list; a client needs no more."""


@dataclass(frozen=True, slots=True)
class Failed:
    """A call without a usable answer."""

    step: Step
    call: Call
    error: WeirError


@dataclass(frozen=True, slots=True)
class Reported:
    """The errors in a reply; not `usable` where it had no data for the call."""

    step: Step
    call: Call
    errors: tuple[JSONObject, ...]
    safe: bool
    usable: bool


Failure = Failed | Reported


def error_count(failure: Failure | None) -> int:
    """Return the number of errors of one call."""
    match failure:
        case None:
            return 0
        case Failed():
            return 1
        case Reported(errors=errors):
            return len(errors)


@dataclass(frozen=True, slots=True)
class ErrorReport:
    """Tells failures to the client: `errors` for the response, `failures` for nulls."""

    shape: ObjectSelection
    root: JSONObject
    masked: bool
    errors: list[JSONObject] = field(default_factory=list[JSONObject])
    failures: Failures = field(default_factory=Failures)

    def tell(self, failure: Failure) -> None:
        """Add what the client is told of one failure."""
        places = ErrorLocations(failure.step, failure.call, self.shape, self.root)
        match failure:
            case Failed(error=error):
                message = error.public_detail(development=not self.masked)
                self._tell_everywhere(message, extensions_of(error), places, failure)
            case Reported():
                self._tell_reported(failure, places)

    def _tell_reported(self, reported: Reported, places: ErrorLocations) -> None:
        if not reported.usable:
            self.failures.objects.update(places.all())
        masked = self.masked and not reported.safe
        room = MAX_ERRORS_PER_CALL
        for raw in reported.errors:
            message, extensions = (
                _message(raw, masked=masked),
                _extensions(raw, masked=masked),
            )
            seen = places.of(raw.get("path"))
            if not seen and room > 0:
                self._tell_everywhere(message, extensions, places, reported)
            for location in seen:
                covered = (
                    self.failures.fields if location.exact else self.failures.objects
                )
                covered.add(location.path)
            for location in seen[:room]:
                self._add(message, location.path, extensions, reported)
            room -= len(seen) or 1

    def _tell_everywhere(
        self,
        message: str,
        extensions: JSONObject,
        places: ErrorLocations,
        failure: Failure,
    ) -> None:
        paths = places.all()
        self.failures.objects.update(paths)
        self._add(message, common_prefix(paths), extensions, failure)

    def _add(
        self, message: str, path: ClientPath, extensions: JSONObject, failure: Failure
    ) -> None:
        service = failure.step.fetch.subgraph
        error: JSONObject = {"message": message}
        if path:
            error["path"] = list(path)
        error["extensions"] = {**extensions, "serviceName": service}
        self.errors.append(error)


def _message(raw: JSONObject, *, masked: bool) -> str:
    message = raw.get("message")
    if masked or not isinstance(message, str):
        return SubgraphError.row.title
    return message


def _extensions(raw: JSONObject, *, masked: bool) -> JSONObject:
    """Keep the subgraph's extensions, or, masked, nothing of them but a plain code."""
    extensions: JSONValue = raw.get("extensions")
    given: JSONObject = extensions if extensions.__class__ is dict else {}
    code = given.get("code")
    is_plain = isinstance(code, str) and _CODE.fullmatch(code)
    told: JSONObject = {} if masked or writable(given) is None else given
    return {**told, "code": code if is_plain else SubgraphError.row.code}
