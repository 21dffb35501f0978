"""`weir alerts`: the Prometheus rules for a configuration."""

import sys
from pathlib import Path

from weir.bffs.cli import OK, USAGE_ERROR
from weir.bffs.cli.output import print_error
from weir.bffs.config.decode import load_config
from weir.bffs.config.environment import environment
from weir.bffs.config.errors import ConfigError
from weir.bffs.config.yaml_text import block_text
from weir.gateway.telemetry.metrics.alerts import AlertLimits, alert_rules


def print_alerts(file: Path, objective: float) -> int:
    """Print recording and alert rules; return the exit code.

    `objective` is the percentage of the requests that should succeed.
    """
    try:
        server = load_config(file, environment(file.parent)).config.server
    except ConfigError as error:
        print_error(str(error))
        return USAGE_ERROR
    limits = AlertLimits(
        objective=objective / 100,
        in_flight=server.max_in_flight,
        connections=server.connections,
    )
    sys.stdout.write(block_text(alert_rules(limits)))
    return OK
