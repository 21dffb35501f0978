"""A page of a façade: its path and its endpoint."""

from dataclasses import dataclass

from weir.gateway.edge.route import Endpoint
from weir.gateway.routes.matching.template import PathTemplate


@dataclass(frozen=True, slots=True)
class Page:
    """A page; a file that pages load `is_asset`, the same for all façades.

    One with the method POST is for the scripts of another page.
    """

    template: PathTemplate
    endpoint: Endpoint
    is_asset: bool = False
    method: str = "GET"
