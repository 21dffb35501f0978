"""The errors for the client: failures with the paths of the client's fields.

Each failed call, and each error that a service reports, is a `Cause`. Its error has the
path of the client's field that failed. If the client does not see the field, or if a
whole object failed, there is an error at each null that it explains, which the
projection finds. All work is bounded: the errors that are read from a reply, the
locations, and the errors that a client gets for one call.
"""

import re
from collections.abc import Iterator, Sequence
from collections.abc import Set as AbstractSet

import orjson

from weir.gateway.json_types import JSONObject, JSONValue
from weir.resolvers.errors import SubgraphError, extensions_of
from weir.resolvers.execute.response.coverage import Cause, Coverage
from weir.resolvers.execute.response.error_locations import (
    MAX_LOCATIONS,
    ErrorLocations,
    FoundObjects,
    LocatedObjects,
    objects_of_call,
)
from weir.resolvers.execute.response.paths import (
    ClientPath,
    common_prefix,
    is_below,
)
from weir.resolvers.execute.response.positions import ObjectSelection
from weir.resolvers.execute.response.selected_keys import selected_by_entities
from weir.resolvers.execute.run.collect import ConcretePath
from weir.resolvers.execute.run.failures import Failed, Failure, Reported, Unrepresented

_CODE = re.compile(r"[A-Za-z][A-Za-z0-9_]{0,63}")
_MAX_MESSAGE = 4_096
_MAX_EXTENSIONS = 8_192

MAX_ERRORS_PER_CALL = 100
"""The limit of errors of a call, as each item of a long list can fail."""


class ErrorReport:
    """The failures of one run, reported to the client and to the projection.

    `coverage` has the nulls that they explain. The errors are complete after the
    projection of the response.
    """

    def __init__(
        self,
        failures: Sequence[Failure],
        shape: ObjectSelection,
        root: JSONObject,
        *,
        masked: bool,
    ) -> None:
        self.coverage = Coverage()
        self._calls: list[list[Cause]] = []
        located = LocatedObjects(root)
        for failure in failures:
            if isinstance(failure, Unrepresented):
                _lose_unrepresented(failure, self.coverage)
            else:
                report = _CallReport(
                    failure, self.coverage, shape, located, masked=masked
                )
                self._calls.append(report.causes)

    def errors(self, degraded: AbstractSet[ClientPath]) -> Iterator[JSONObject]:
        """Yield the errors of each call, in the plan's order.

        Fields at the paths `degraded` have a value, so there are no errors below.
        """
        for causes in self._calls:
            yield from _errors(causes, degraded)

    def stale(self) -> Iterator[JSONObject]:
        """Yield the failures for which fields have values of an earlier response."""
        for causes in self._calls:
            for cause in causes:
                if cause.is_stale:
                    for path in cause.above():
                        error = _error(cause, path, 0)
                        error["extensions"]["becomes"] = "stale"
                        yield error


class _CallReport:
    """The failure of one call: its causes, and the nulls that they explain."""

    def __init__(
        self,
        failure: Failed | Reported,
        coverage: Coverage,
        shape: ObjectSelection,
        located: LocatedObjects,
        *,
        masked: bool,
    ) -> None:
        self._service: JSONObject = {"serviceName": failure.step.fetch.subgraph}
        self._coverage = coverage
        self._objects = objects_of_call(failure.step, failure.call, located.root)
        self._locations = ErrorLocations(failure.step, self._objects, shape, located)
        self._seen: set[int] = set()
        self._followed = MAX_LOCATIONS
        self.causes: list[Cause] = []
        if isinstance(failure, Failed):
            self._add_failed(failure, masked=masked)
        else:
            self._add_reported(failure, masked=masked and not failure.safe)

    def _add_failed(self, failed: Failed, *, masked: bool) -> None:
        error = failed.error
        message = error.public_detail(development=not masked)
        cause = self._add(message, extensions_of(error))
        cause.is_stale = failed.is_stale
        self._lose_all(cause)

    def _add_reported(self, reported: Reported, *, masked: bool) -> None:
        unlocated: list[Cause] = []
        for raw in reported.errors:
            hidden = masked and not reported.exposure.exposes(raw)
            extensions = _extensions(raw, masked=hidden)
            if masked and not hidden:
                visible = reported.exposure.visible(extensions)
                extensions = {**visible, "code": extensions["code"]}
            cause = self._add(_message(raw, masked=hidden), extensions)
            found = self._locations.found(raw.get("path"))
            if found is None:
                unlocated.append(cause)
            else:
                self._locate(cause, found)
        if unlocated:
            # Without a path, an error may be the cause of any null.
            self._lose_all(unlocated[0], nulls=True)
        elif not reported.usable:
            self._lose_all(self.causes[0])
        if reported.omitted:
            self._add_omitted(reported.omitted)

    def _add_omitted(self, count: int) -> None:
        """Add a cause for errors that were not read, which may explain any null."""
        extensions: JSONObject = {"code": SubgraphError.row.code}
        cause = self._add(SubgraphError.row.title, extensions)
        cause.count = count
        self._lose_all(cause, nulls=True)

    def _add(self, message: str, extensions: JSONObject) -> Cause:
        cause = Cause(message, {**extensions, **self._service}, self._locations.above)
        self.causes.append(cause)
        return cause

    def _locate(self, cause: Cause, found: FoundObjects) -> None:
        """Add the client's paths of an error, and let it explain nulls there."""
        seen = self._locations.of(found)
        near, far = self._near(found.values)
        if self._lose_below(near, found, cause):
            exact: list[ClientPath] = []
            above = tuple(each.path for each in seen)
        else:
            exact = [each.path for each in seen if each.exact]
            above = tuple(each.path for each in seen if not each.exact)
        self._coverage.add_errors(exact, cause)
        for path in exact:
            cause.explain(path)
        if above:
            cause.above = lambda: above
        for value in near:
            self._lose_path(value, found.rest, cause)
        if id(found.values) not in self._seen:
            self._seen.add(id(found.values))
            self._coverage.lose(found.values, found.selected, cause)
            self._coverage.lose(far, found.selected, cause, nulls=True)

    def _lose_below(
        self, values: Sequence[JSONObject], found: FoundObjects, cause: Cause
    ) -> bool:
        """Let an error whose path ends at objects explain the nulls in them.

        Returns whether there are such objects.
        """
        selected = found.selected.at(found.rest)
        if selected is None:
            return False
        below = [_value_at(value, found.rest) for value in values]
        self._coverage.lose(below, selected, cause, nulls=True)
        return any(each is not None for each in below)

    def _near(
        self, values: Sequence[JSONObject]
    ) -> tuple[Sequence[JSONObject], Sequence[JSONObject]]:
        """Return the objects in which error paths are followed, and the others."""
        near = values[: self._followed]
        self._followed -= len(near)
        return near, values[len(near) :]

    def _lose_path(self, value: JSONValue, path: ConcretePath, cause: Cause) -> None:
        """Let an error explain null in each field of its path below an object."""
        for segment in path:
            if value.__class__ is dict and isinstance(segment, str):
                self._coverage.lose_field(value, segment, cause)
                value = value.get(segment)
            elif value.__class__ is list and isinstance(segment, int):
                value = value[segment] if 0 <= segment < len(value) else None
            else:
                return

    def _lose_all(self, cause: Cause, *, nulls: bool = False) -> None:
        """Let the cause explain each field that the call selects."""
        for own in self._objects:
            self._coverage.lose(own.all, own.selected, cause, nulls=nulls)


def _value_at(value: JSONValue, path: ConcretePath) -> JSONValue:
    """Return the value at a path below a value; None if there is none."""
    for segment in path:
        if value.__class__ is dict and isinstance(segment, str):
            value = value.get(segment)
        elif value.__class__ is list and isinstance(segment, int):
            value = value[segment] if 0 <= segment < len(value) else None
        else:
            return None
    return value


def _lose_unrepresented(failure: Unrepresented, coverage: Coverage) -> None:
    """Add to unfetched fields the causes of the fields that their objects lack."""
    step = failure.step
    parts = zip(
        failure.gaps, step.representers, selected_by_entities(step.fetch), strict=True
    )
    for gaps, representer, selected in parts:
        for value in gaps:
            missing_fields = representer.missing_fields(value)
            causes = (coverage.cause_of(each, key) for each, key in missing_fields)
            cause = next((each for each in causes if each is not None), None)
            if cause is not None:
                coverage.lose((value,), selected, cause)


def _errors(
    causes: Sequence[Cause], degraded: AbstractSet[ClientPath]
) -> Iterator[JSONObject]:
    """Yield the errors of one call: up to the limit by path, and one for the others."""
    located = [(cause, path) for cause in causes for path in _paths(cause, degraded)]
    for cause, path in located[:MAX_ERRORS_PER_CALL]:
        yield _error(cause, path, 0 if cause.paths else cause.count)
    rest = located[MAX_ERRORS_PER_CALL:]
    counted = [cause for cause in causes if cause.more]
    if rest or counted:
        first = rest[0][0] if rest else counted[0]
        paths = [*(path for _, path in rest), *(cause.common for cause in counted)]
        count = len(rest) + sum(cause.more for cause in counted)
        yield _error(first, common_prefix(paths), count)


def _paths(cause: Cause, degraded: AbstractSet[ClientPath]) -> Sequence[ClientPath]:
    """Return the paths of a cause's errors: of its nulls, or above them."""
    if cause.paths:
        if not degraded:
            return cause.paths
        return [path for path in cause.paths if not is_below(path, degraded)]
    return () if cause.is_degraded or cause.is_stale else cause.above()


def _error(cause: Cause, path: ClientPath, count: int) -> JSONObject:
    error: JSONObject = {"message": cause.message}
    if path:
        error["path"] = list(path)
    counted: JSONObject = {"count": count} if count else {}
    error["extensions"] = {**cause.extensions, **counted}
    return error


def _message(raw: JSONObject, *, masked: bool) -> str:
    message = raw.get("message")
    if masked or not isinstance(message, str):
        return SubgraphError.row.title
    return message[:_MAX_MESSAGE]


def _extensions(raw: JSONObject, *, masked: bool) -> JSONObject:
    """Return the subgraph's extensions, or only a valid code if they are masked."""
    extensions: JSONValue = raw.get("extensions")
    given: JSONObject = extensions if extensions.__class__ is dict else {}
    code = given.get("code")
    is_plain = isinstance(code, str) and _CODE.fullmatch(code)
    visible: JSONObject = {} if masked or not _is_small(given) else given
    return {**visible, "code": code if is_plain else SubgraphError.row.code}


def _is_small(extensions: JSONObject) -> bool:
    """Return whether extensions are small enough to repeat at each path of an error."""
    try:
        return len(orjson.dumps(extensions)) <= _MAX_EXTENSIONS
    except TypeError:
        return False
