"""`weir alerts`: the Prometheus rules for a configuration."""

import sys
from pathlib import Path

from weir.bffs.cli import OK
from weir.bffs.cli.failures import prints_config_errors
from weir.bffs.config.decode import load_config
from weir.bffs.config.environment import environment
from weir.bffs.config.policies.objectives import objectives
from weir.bffs.config.yaml_text import block_text
from weir.gateway.telemetry.metrics.alerts.rules import AlertLimits, alert_rules


@prints_config_errors
def print_alerts(file: Path, objective: float) -> int:
    """Print recording and alert rules; return the exit code.

    `objective` is the percentage of the requests that should succeed.
    """
    config = load_config(file, environment(file.parent)).config
    server = config.server
    limits = AlertLimits(
        objective=objective / 100,
        in_flight=server.max_in_flight,
        connections=server.connections,
        objectives=tuple(objectives(config.slo)),
        dropped=frozenset(config.metrics.drop_labels),
    )
    sys.stdout.write(block_text(alert_rules(limits)))
    return OK
