"""Conditional changes of the configuration: `ETag` and `If-Match` (RFC 9110)."""

import re
from typing import Annotated, Final, TypeAlias

from fastapi import Depends, Header, Response

from weir.gateway.errors import BadRequest

_ENTITY_TAG: Final = re.compile(r'\s*(W/)?"([\x21\x23-\x7e]*)"\s*')


def _expected_versions(
    if_match: Annotated[list[str] | None, Header()] = None,
) -> frozenset[str] | None:
    """Return the versions that If-Match names; None if any will do.

    Weak tags are left out, as the comparison is strong (§13.1.1). Raises
    BadRequest.
    """
    if if_match is None or if_match == ["*"]:
        return None
    matches = [_ENTITY_TAG.fullmatch(each) for each in ",".join(if_match).split(",")]
    if not all(matches):
        message = 'If-Match: expected "*", or entity tags in double quotes'
        raise BadRequest(message)
    return frozenset(match[2] for match in matches if match and not match[1])


ExpectedVersions: TypeAlias = Annotated[
    frozenset[str] | None, Depends(_expected_versions)
]
"""The versions that a change may be made of; None if any will do."""


def set_version(response: Response, version: str) -> None:
    """Name the version of the configuration in `ETag`; an empty one is not named."""
    if version:
        response.headers["etag"] = f'"{version}"'
