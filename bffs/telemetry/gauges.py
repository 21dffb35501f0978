"""The gauges of the metrics, each read from the part that it measures."""

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from weir.bffs.generations.blueprint import Blueprint
from weir.bffs.generations.graph.sdl_copies import SdlCopies
from weir.gateway.clock import Clock
from weir.gateway.edge.pipeline import Pipeline
from weir.gateway.identity.jwt.policy import SharedSecret
from weir.gateway.server.load import Load
from weir.gateway.server.workers.supervisor import Supervisor
from weir.gateway.telemetry.metrics.burn_rates import BurnRates
from weir.gateway.telemetry.metrics.store import MetricsStore
from weir.gateway.upstreams.gauges import (
    breaker_states,
    healthy_instances,
    in_flight,
    limit_shares,
    operation_breaker_states,
    panics,
    stale_discoveries,
    waiting,
)
from weir.gateway.upstreams.snapshot import ServiceSnapshot
from weir.resolvers.engine.preparation_queue import PreparationQueue
from weir.resolvers.execute.compiled.code import Code, Form

if TYPE_CHECKING:
    from weir.gateway.identity.jwt.issuer import Issuer


def measure_services(
    metrics: MetricsStore, services: Callable[[], tuple[ServiceSnapshot, ...]]
) -> None:
    """Measure the breakers and the instances of the upstreams."""
    metrics.breakers.read_from(lambda: breaker_states(services()))
    metrics.operation_breakers.read_from(lambda: operation_breaker_states(services()))
    metrics.service_in_flight.read_from(lambda: in_flight(services()))
    metrics.service_waiting.read_from(lambda: waiting(services()))
    metrics.instances.read_from(lambda: healthy_instances(services()))
    metrics.limit_shares.read_from(lambda: limit_shares(services()))
    metrics.panics.read_from(lambda: panics(services()))
    metrics.stale_discoveries.read_from(lambda: stale_discoveries(services()))


def measure_workers(
    metrics: MetricsStore, supervisor: Supervisor, configured: int
) -> None:
    """Measure the workers of a supervisor, and their ends."""
    metrics.configured_workers.read_value(lambda: configured)
    metrics.workers.read_from(
        lambda: [((state,), n) for state, n in supervisor.states().items()]
    )
    metrics.worker_ends.read_from(
        lambda: [((reason,), n) for reason, n in supervisor.ends.items()]
    )


def measure_load(metrics: MetricsStore, load: Load, requests: Pipeline) -> None:
    """Measure the connections and the requests of the data port."""
    metrics.connections.read_value(lambda: load.connections)
    metrics.in_flight.read_value(lambda: requests.in_flight)


def measure_preparations(metrics: MetricsStore, queue: PreparationQueue) -> None:
    """Measure the operations that wait for their plans, and the cached ones."""
    metrics.preparations_waiting.read_value(lambda: queue.waiting)
    metrics.oldest_preparation.read_value(lambda: queue.oldest_s)
    metrics.plan_cache.read_value(lambda: queue.plans.used)
    metrics.compiled_plans.read_from(lambda: _compiled(queue.plans.codes))


def _compiled(codes: Iterable[Code]) -> Iterator[tuple[tuple[str], float]]:
    """Yield how many plans are compiled wholly, in parts, or no more."""
    forms = Counter(each.form for each in codes)
    for form in Form:
        yield (form.value,), float(forms[form])


def measure_issuers(metrics: MetricsStore, issuers: "Sequence[Issuer]") -> None:
    """Measure the age of the keys of each issuer whose keys are loaded."""
    loaded = [
        each for each in issuers if not isinstance(each.policy.keys, SharedSecret)
    ]
    metrics.issuer_keys.read_from(
        lambda: [((each.policy.name,), each.source.age_s) for each in loaded]
    )


def measure_sdl_copies(metrics: MetricsStore, copies: SdlCopies) -> None:
    """Measure the number of services whose stored SDL serves."""
    metrics.sdl_copies.read_value(lambda: len(copies.in_use))


def measure_certificates(metrics: MetricsStore, blueprint: Blueprint) -> None:
    """Measure when the certificates to clients and to services expire."""
    files = dict(_certificates(blueprint))
    if not files:
        metrics.certificates.read_from(tuple)
        return
    # A heavy import, for those who configure TLS.
    from weir.gateway.telemetry.certificates import (  # noqa: PLC0415
        CertificateExpiry,
    )

    metrics.certificates.read_from(CertificateExpiry(files).values)


def _certificates(blueprint: Blueprint) -> Iterator[tuple[str, Path]]:
    loaded = blueprint.loaded
    tls = loaded.config.server.tls
    if tls is not None:
        yield "server.tls", loaded.folder / tls.certificate
    for name, policy in blueprint.policies.items():
        if policy.transport.tls.cert_file:
            yield f"upstreams.{name}.tls", Path(policy.transport.tls.cert_file)


def measure_age(metrics: MetricsStore, since_s: float, clock: Clock) -> None:
    """Measure the age of the generation that serves since a time."""
    metrics.generation_age.read_value(lambda: clock.monotonic_s() - since_s)


def measure_objectives(metrics: MetricsStore, burn_rates: BurnRates) -> None:
    """Measure how fast the error budgets of objectives are used up."""
    metrics.burn_rates.read_from(burn_rates.rates)
    metrics.targets.read_from(burn_rates.targets)
