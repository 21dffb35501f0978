"""From an upstream's configuration to the traffic layer's frozen policy."""

from pathlib import Path

from bffs.config import upstream as model
from gateway.upstreams.policy import (
    BreakerPolicy,
    CachePolicy,
    ConcurrencyPolicy,
    ConnectionPolicy,
    DnsPolicy,
    HashOn,
    HealthPolicy,
    HedgePolicy,
    InstanceSpec,
    RetryPolicy,
    TimeoutPolicy,
    TlsPolicy,
    UpstreamPolicy,
)


def upstream_policy(
    name: str, upstream: model.Upstream, folder: Path
) -> UpstreamPolicy:
    """Return the policy of one upstream; its files are relative to `folder`."""
    hash_on = HashOn(upstream.hash_on.source, upstream.hash_on.name)
    hedge, cache = upstream.hedge, upstream.cache
    return UpstreamPolicy(
        name=name,
        instances=tuple(
            InstanceSpec(instance.url.rstrip("/"), instance.weight)
            for instance in upstream.instances
            if instance.enabled
        ),
        discovery=_dns(upstream.dns) if upstream.dns else None,
        transport=upstream.transport,
        proxy=upstream.proxy,
        balancing=upstream.balancing,
        hash_on=hash_on,
        slow_start_s=upstream.slow_start,
        health=_health(upstream.health),
        timeout=_timeout(upstream.timeout),
        retry=_retry(upstream.retry),
        hedge=HedgePolicy(after_s=hedge.after) if hedge else None,
        breaker=_breaker(upstream.breaker),
        connections=_connections(upstream.connections),
        tls=_tls(upstream.tls, folder),
        concurrency=_concurrency(upstream.concurrency),
        coalesce=upstream.coalesce,
        cache=_cache(cache) if cache else None,
        max_header_bytes=upstream.max_response_headers,
        max_response_bytes=upstream.max_response,
    )


def _dns(dns: model.Dns) -> DnsPolicy:
    return DnsPolicy(
        name=dns.name, records=dns.records, port=dns.port, scheme=dns.scheme
    )


def _health(health: model.Health) -> HealthPolicy:
    return HealthPolicy(
        path=health.path,
        interval_s=health.interval,
        timeout_s=health.timeout,
        statuses=tuple(health.statuses),
        active=health.active,
        unhealthy_after=health.unhealthy_after,
        healthy_after=health.healthy_after,
        recheck_s=health.recheck,
        passive_failures=health.passive_failures,
        ejected_for_s=health.ejected_for,
        max_ejected_s=health.max_ejected,
        max_ejected_share=health.max_ejected_share,
        panic_below=health.panic_below,
    )


def _timeout(timeout: model.Timeout) -> TimeoutPolicy:
    return TimeoutPolicy(
        connect_s=timeout.connect,
        attempt_s=timeout.attempt,
        total_s=timeout.total,
        idle_s=timeout.idle,
    )


def _retry(retry: model.Retry) -> RetryPolicy:
    return RetryPolicy(
        attempts=retry.attempts,
        statuses=frozenset(retry.statuses),
        budget=retry.budget,
        budget_floor_per_s=retry.budget_floor,
        backoff_s=retry.backoff,
    )


def _breaker(breaker: model.Breaker) -> BreakerPolicy:
    return BreakerPolicy(
        failures=breaker.failures,
        failed_share=breaker.failed_share,
        window_s=breaker.window,
        min_calls=breaker.min_calls,
        open_for_s=breaker.open_for,
        probes=breaker.probes,
    )


def _connections(connections: model.Connections) -> ConnectionPolicy:
    return ConnectionPolicy(
        max_open=connections.max_open,
        max_waiting=connections.max_waiting,
        idle_s=connections.idle,
        lifetime_s=connections.lifetime,
    )


def _tls(tls: model.Tls, folder: Path) -> TlsPolicy:
    return TlsPolicy(
        ca_file=_file(tls.ca, folder),
        cert_file=_file(tls.certificate, folder),
        key_file=_file(tls.key, folder),
        server_name=tls.server_name,
        minimum=tls.minimum,
    )


def _file(name: str, folder: Path) -> str:
    return str(folder / name) if name else ""


def _concurrency(concurrency: model.Concurrency) -> ConcurrencyPolicy:
    return ConcurrencyPolicy(
        max_in_flight=concurrency.max_in_flight,
        max_per_instance=concurrency.max_per_instance,
        max_waiting=concurrency.max_waiting,
        max_wait_s=concurrency.max_wait,
        adaptive=concurrency.adaptive,
    )


def _cache(cache: model.UpstreamCache) -> CachePolicy:
    return CachePolicy(
        ttl_s=cache.ttl,
        stale_while_revalidate_s=cache.stale_while_revalidate,
        stale_if_error_s=cache.stale_if_error,
    )
