"""The objectives of a configuration."""

from collections.abc import Iterator, Mapping

from weir.bffs.config.model.telemetry.slo import ObjectiveSection
from weir.gateway.telemetry.objective import Objective


def objectives(sections: Mapping[str, ObjectiveSection]) -> Iterator[Objective]:
    """Yield the objectives, each by the façade and the operation of its name."""
    for name, section in sections.items():
        facade, _, operation = name.partition("/")
        yield Objective(
            client_type=facade,
            operation=operation,
            within_s=section.within,
            target=section.target,
        )
