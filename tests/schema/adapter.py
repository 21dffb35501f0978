"""Lets the recorded cases' runner (check.py) ask Weir."""

from collections.abc import Sequence
from typing import Any

from graphql import print_schema

from weir.schema import Rejected, Subgraph
from weir.schema import compose as compose_subgraphs
from weir.schema.contracts import Contract, View, view
from weir.schema.supergraph.api_schema import api_schema


def subgraphs_of(cases: Sequence[dict[str, str]]) -> list[Subgraph]:
    return [
        Subgraph(
            name=each["name"],
            sdl=each["sdl"],
            url=each.get("url", f"http://{each['name']}"),
            file=f"{each['name']}.graphql",
        )
        for each in cases
    ]


def compose(subgraphs: Sequence[dict[str, str]]) -> dict[str, Any]:
    match compose_subgraphs(subgraphs_of(subgraphs)):
        case Rejected(errors=errors):
            return {"ok": False, "error_codes": [each.code.value for each in errors]}
        case composed:
            return {
                "ok": True,
                "error_codes": [],
                "hint_codes": sorted({each.code for each in composed.hints}),
                "api_schema": print_schema(api_schema(composed.supergraph_sdl)),
            }


def contract(
    subgraphs: Sequence[dict[str, str]],
    include: set[str],
    exclude: set[str],
    hide_unreachable: bool,  # noqa: FBT001 - the runner passes it by position
) -> dict[str, Any]:
    composed = compose_subgraphs(subgraphs_of(subgraphs))
    if isinstance(composed, Rejected):
        return {"ok": False, "error_codes": [each.code for each in composed.errors]}
    chosen = Contract(
        include=frozenset(include),
        exclude=frozenset(exclude),
        hide_unreachable=hide_unreachable,
    )
    seen = view(composed.supergraph_sdl, chosen)
    if isinstance(seen, View):
        schema = print_schema(seen.api_schema)
        return {"ok": True, "error_codes": [], "api_schema": schema}
    return {"ok": False, "error_codes": [each.code for each in seen]}
