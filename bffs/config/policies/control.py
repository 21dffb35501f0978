"""The configured access to the control port."""

from weir.bffs.config.model.control import ControlSection
from weir.bffs.config.policies.addresses import address_policy
from weir.gateway.control.access import ControlAccess, ControlToken, token_digest
from weir.gateway.edge.route_steps.addresses import AddressPolicy


def control_access(control: ControlSection) -> ControlAccess:
    """Return the rules of the control port."""
    return ControlAccess(
        host_names=frozenset(name.lower() for name in control.allowed_hosts),
        addresses=(
            AddressPolicy()
            if control.addresses is None
            else address_policy(control.addresses)
        ),
        tokens=tuple(
            ControlToken(
                name=name,
                digest=token_digest(each.token),
                operates=each.role == "operate",
            )
            for name, each in control.tokens.items()
        ),
    )
