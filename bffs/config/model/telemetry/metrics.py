"""The model of the metrics that are always on."""

from typing import Final, Literal, TypeAlias, get_args

from weir.bffs.config.model.section import Section
from weir.bffs.config.model.values.scalars import Count

DroppedLabel: TypeAlias = Literal[
    "path", "endpoint", "operation", "instance", "code", "client_name", "client_version"
]
DROPPABLE: Final[tuple[DroppedLabel, ...]] = get_args(DroppedLabel)


class SeriesSection(Section):
    """The metrics at `/metrics`, which are always on."""

    max_series: Count = 200_000
    """The most series that the metrics can have by this configuration; with more, the
    gateway does not start. `weir metrics estimate` prints them."""
    drop_labels: list[DroppedLabel] = []
    """Labels that no metric has, such as `path`; their series become one."""
