"""Measures the cost of finding the route of a request, by the number of routes.

Tables have 10 to 1,000 endpoints of the same depth. Each is searched for a literal
path, a path with a parameter, a percent-encoded one, another method, and an unknown
path. The figures are microseconds of CPU per call: the minimum of several rounds.

    python benchmarks/bench_routes.py [--calls 20000]
"""

import argparse
import sys
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))

from weir.gateway.edge.builtin import HEALTH_ENDPOINT
from weir.gateway.edge.request import RequestHead
from weir.gateway.edge.responses.problem import ProblemRenderer
from weir.gateway.edge.route import Route, RoutePolicy
from weir.gateway.routes.matching.template import parse_prefix, parse_template
from weir.gateway.routes.table import BoundRoute, Mount, RouteTable

SIZES = (10, 100, 1000)
ROUNDS = 7
REQUESTS = {
    "literal": ("POST", "/web/graphql"),
    "parameter": ("GET", "/web/v1/kind3/t1"),
    "encoded": ("GET", "/web/v1/kind3/caf%C3%A9"),
    "other method": ("DELETE", "/web/v1/kind3/t1"),
    "not served": ("GET", "/web/v1/nothing/t1"),
}


def table(size: int) -> RouteTable:
    paths = [f"/web/v1/kind{number}/{{id}}" for number in range(size)]
    mounts = [
        Mount(prefix=parse_prefix(each), client_type="web", errors=ProblemRenderer())
        for each in ("", "/web")
    ]
    return RouteTable(
        mounts,
        [bound("POST", "/web/graphql"), *(bound("GET", path) for path in paths)],
    )


def bound(method: str, path: str) -> BoundRoute:
    route = Route(endpoint=HEALTH_ENDPOINT, policy=RoutePolicy(), template=path)
    return BoundRoute(method=method, template=parse_template(path), route=route)


def head_of(method: str, path: str) -> RequestHead:
    return RequestHead(
        method=method,
        path=path,
        query="",
        http_version="1.1",
        headers={},
        lines=(),
        scheme="http",
        peer="",
        arrived_s=0.0,
    )


def cost_us(routes: RouteTable, method: str, path: str, calls: int) -> float:
    head = head_of(method, path)
    rounds: list[float] = []
    for _ in range(ROUNDS):
        begun = time.process_time()
        for _ in range(calls):
            routes.route(head)
        rounds.append(time.process_time() - begun)
    return min(rounds) / calls * 1e6


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--calls", type=int, default=20_000)
    calls: int = parser.parse_args().calls
    tables = {size: table(size) for size in SIZES}
    sizes = "".join(f"{size:>10,}" for size in SIZES)
    print(f"{'µs CPU per call':<18}{sizes}{'ratio':>10}")
    for name, (method, path) in REQUESTS.items():
        costs = [cost_us(each, method, path, calls) for each in tables.values()]
        shown = "".join(f"{cost:>10.2f}" for cost in costs)
        print(f"{name:<18}{shown}{costs[-1] / costs[0]:>10.2f}")


if __name__ == "__main__":
    main()
