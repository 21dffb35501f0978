"""Print a stage of planning an operation.

python -m resolvers.plan [--stage paths|choice|fetches|plan] SUPERGRAPH OPERATION
"""

import argparse
import sys
from pathlib import Path

from resolvers.operation.errors import OperationRefused
from resolvers.operation.operation import prepare
from resolvers.plan.context import PlanningContext
from resolvers.plan.errors import PlanningError
from resolvers.plan.planner import plan_in_stages
from resolvers.plan.stages import show_stage
from schema.graph.graph import Graph
from schema.supergraph import SupergraphError, read_supergraph


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m resolvers.plan")
    stages = ("paths", "choice", "fetches", "plan")
    parser.add_argument("--stage", choices=stages, default="plan")
    parser.add_argument("supergraph", type=Path)
    parser.add_argument("operation", type=Path)
    arguments = parser.parse_args()
    try:
        graph = Graph.of(read_supergraph(arguments.supergraph.read_text()))
        text = arguments.operation.read_text()
        operation = prepare(text, None, graph.supergraph.api_schema)
        context = PlanningContext(graph=graph, operation=operation)
        sys.stdout.write(show_stage(plan_in_stages(context), arguments.stage))
    except (SupergraphError, OperationRefused, PlanningError) as error:
        sys.stderr.write(f"{error}\n")
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
