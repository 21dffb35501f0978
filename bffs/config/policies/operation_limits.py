"""The configured limits of the operations of a façade, and of their responses."""

from dataclasses import dataclass, replace

from weir.bffs.config.model.limits.operation import OF_DOCUMENTS, FacadeLimitsSection
from weir.bffs.config.model.root import Config
from weir.bffs.config.policies.mapping import to_policy
from weir.resolvers.operation.document.limits import OperationLimits
from weir.resolvers.response_limits import ResponseLimits


@dataclass(frozen=True, slots=True)
class FacadeLimits:
    """The limits of operations and of responses; measured ones reject nothing."""

    enforced: OperationLimits
    measured: OperationLimits | None
    responses: ResponseLimits
    measured_responses: ResponseLimits | None


def operation_limits(config: Config, facade: str) -> FacadeLimits:
    """Return the limits of a façade: its own, and otherwise those of all façades."""
    section = config.facades[facade].limits or FacadeLimitsSection()
    common = to_policy(config.limits, OperationLimits)
    own = _lowered(common, section)
    all_responses = ResponseLimits(size_bytes=config.limits.response)
    own_responses = ResponseLimits(
        size_bytes=section.response or config.limits.response,
        items=section.response_items,
        levels=section.response_depth,
    )
    measures = section.mode == "measure"
    measures_responses = measures and own_responses != all_responses
    return FacadeLimits(
        enforced=common if measures else own,
        measured=own if measures and own != common else None,
        responses=all_responses if measures else own_responses,
        measured_responses=own_responses if measures_responses else None,
    )


def _lowered(common: OperationLimits, section: FacadeLimitsSection) -> OperationLimits:
    given = {each: getattr(section, each) for each in OF_DOCUMENTS}
    return replace(common, **{key: value for key, value in given.items() if value})
