"""The configured decision of the labels of progressive overrides."""

from inspect import iscoroutinefunction

from weir.bffs.config.decode import LoadedConfig
from weir.bffs.config.model.position import DataPath
from weir.bffs.extensions.importing import import_object
from weir.resolvers.overrides import (
    HeaderKey,
    Labels,
    NoLabels,
    OverridePolicy,
    by_request,
)

_LABELS: DataPath = ("override", "labels")


def override_policy(loaded: LoadedConfig) -> OverridePolicy:
    """Read `override`; raises ConfigError if `labels` is not a `Labels` object."""
    override = loaded.config.override
    return OverridePolicy(
        key=(
            HeaderKey(override.sticky.header.lower().encode())
            if override.sticky
            else by_request
        ),
        labels=_labels(override.labels, loaded) if override.labels else NoLabels(),
    )


def _labels(reference: str, loaded: LoadedConfig) -> Labels:
    labels = import_object(reference, loaded, _LABELS)
    # A class has the method too, but its `self` would be the label.
    if isinstance(labels, type) or not isinstance(labels, Labels):
        message = (
            f"{'.'.join(map(str, _LABELS))}: {reference} must be an object with a"
            f" method `active(label, request)`, got {labels!r}"
        )
        raise loaded.error(_LABELS, message)
    # A coroutine counts as true, which would activate all labels.
    if iscoroutinefunction(labels.active):
        message = (
            f"{'.'.join(map(str, _LABELS))}: {reference}: `active` is called on the"
            " event loop and must not be async"
        )
        raise loaded.error(_LABELS, message)
    return labels
