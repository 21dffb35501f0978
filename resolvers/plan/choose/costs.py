"""What a plan costs: its depth first, then its requests, then what they carry.

A stage more is a round trip more for the client, so it outweighs several requests side
by side. Steps that enter one subgraph in one stage share a request: only the first
pays for it.
"""

from weir.resolvers.plan.choose.state import State

STAGE = 10_000
REQUEST = 1_000
LATER = 100
SHARED = 20
FIELD = 1


def opening(state: State, subgraph: str, stage: int) -> int:
    """Give the cost of a step in a subgraph at a stage."""
    deeper = max(0, stage - max(0, state.totals["stage"]))
    request = SHARED if (subgraph, stage) in state.requests else REQUEST
    return deeper * STAGE + request + LATER * stage
