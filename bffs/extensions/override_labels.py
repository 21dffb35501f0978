"""From the configuration to how labels of progressive overrides are decided."""

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
    """Read `override`; raises ConfigError where its `labels` are none."""
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
    # A class has the method as well, and would take the label for its `self`.
    if isinstance(labels, type) or not isinstance(labels, Labels):
        message = (
            f"{'.'.join(map(str, _LABELS))}: {reference} has no method"
            f" `active(label, request)`: {labels!r}"
        )
        raise loaded.error(_LABELS, message)
    return labels
