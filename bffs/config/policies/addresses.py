"""The configured lists of client addresses."""

from weir.bffs.config.model.addresses import AddressesSection
from weir.gateway.edge.context.client_address import networks
from weir.gateway.edge.route_steps.addresses import AddressPolicy


def address_policy(section: AddressesSection) -> AddressPolicy:
    """Return the networks that are served, and those that are not."""
    return AddressPolicy(
        allow=networks(tuple(section.allow)), deny=networks(tuple(section.deny))
    )
