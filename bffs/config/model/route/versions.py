"""The sections of the versions of an API behind one route."""

from collections.abc import Mapping
from typing import Annotated, Self

from pydantic import Field, model_validator

from weir.bffs.config.model.lifecycle import LifecycleSection
from weir.bffs.config.model.route.proxy import Proxy
from weir.bffs.config.model.route.transform import TransformSection
from weir.bffs.config.model.route.validation import ValidationSection

VersionName = Annotated[
    str,
    Field(
        pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]*$",
        max_length=64,
        json_schema_extra={
            "kind": "version",
            "expected": "a version of letters, digits, _, - and .",
        },
    ),
]

VersionSourceText = Annotated[
    str,
    Field(
        pattern=r"^(path|header|query|accept):[A-Za-z0-9_.-]+$",
        json_schema_extra={
            "kind": "place of a version",
            "expected": "path:<parameter>, header:<name>, query:<name> or"
            " accept:<parameter>",
        },
    ),
]


class RouteVersionSection(LifecycleSection):
    """A version of an API; responses announce it as `API-Version`.

    `proxy`, `transform` and `validation` are those of a route.
    """

    proxy: Proxy
    transform: TransformSection | None = None
    validation: ValidationSection | None = None
    aliases: list[VersionName] = []
    """Further names of the version in requests, such as `latest`."""

    @model_validator(mode="after")
    def _check_validation(self) -> Self:
        if self.validation is not None:
            self.validation.check_source()
        return self


def check_versions(
    versions: Mapping[str, RouteVersionSection], default: str | None
) -> None:
    """Raise ValueError for an unknown default, and for a name of two versions."""
    if default is not None and default not in versions:
        message = f"default_version: there is no version {default}"
        raise ValueError(message)
    taken = {name: name for name in versions}
    for name, version in versions.items():
        for alias in version.aliases:
            if (other := taken.setdefault(alias, name)) != name or alias == name:
                message = f"versions.{name}.aliases: {alias} is a name of {other}"
                raise ValueError(message)
