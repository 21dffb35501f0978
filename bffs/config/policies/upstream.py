"""From an upstream's configuration to the traffic layer's frozen policy."""

from collections import defaultdict
from dataclasses import replace
from pathlib import Path

from bffs.config.model import upstream as model
from bffs.config.model.facade import SubgraphSection
from bffs.config.model.root import Config
from bffs.config.place import DataPath
from gateway.upstreams.policy import (
    BreakerPolicy,
    CachePolicy,
    CallerPolicy,
    ConcurrencyPolicy,
    ConnectionPolicy,
    DnsPolicy,
    FallbackPolicy,
    HashOn,
    HealthPolicy,
    HedgePolicy,
    InstanceSpec,
    OperationPolicy,
    RetryPolicy,
    StaticAnswer,
    TimeoutPolicy,
    TlsPolicy,
    UpstreamPolicy,
)


def upstream_policies(config: Config, folder: Path) -> dict[str, UpstreamPolicy]:
    """Return the policies of all upstreams, with the exceptions that subgraphs make."""
    callers: defaultdict[str, list[CallerPolicy]] = defaultdict(list)
    for path, subgraph in config.all_subgraphs():
        if subgraph.upstream and (subgraph.balancing or subgraph.hash_on):
            callers[subgraph.upstream].append(_caller(path, subgraph))
    return {
        name: replace(
            upstream_policy(name, upstream, folder), callers=tuple(callers[name])
        )
        for name, upstream in config.upstreams.items()
    }


def caller_name(path: DataPath) -> str:
    """Return what an upstream's policy knows the subgraph at `path` by."""
    return ".".join(map(str, path))


def _caller(path: DataPath, subgraph: SubgraphSection) -> CallerPolicy:
    return CallerPolicy(
        name=caller_name(path),
        balancing=subgraph.balancing,
        hash_on=_hash_on(subgraph.hash_on) if subgraph.hash_on else None,
    )


def upstream_policy(
    name: str, upstream: model.UpstreamSection, folder: Path
) -> UpstreamPolicy:
    """Return the policy of one upstream; its files are relative to `folder`."""
    hedge, cache, fallback = upstream.hedge, upstream.cache, upstream.fallback
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
        hash_on=_hash_on(upstream.hash_on),
        slow_start_s=upstream.slow_start,
        health=_health(upstream.health),
        timeout=_timeout(upstream.timeout),
        retry=_retry(upstream.retry),
        hedge=HedgePolicy(after_s=hedge.after) if hedge else None,
        breaker=_breaker(upstream.breaker),
        fallback=_fallback(fallback) if fallback else None,
        connections=_connections(upstream.connections),
        tls=_tls(upstream.tls, folder),
        concurrency=_concurrency(upstream.concurrency),
        coalesce=upstream.coalesce,
        cache=_cache(cache) if cache else None,
        max_header_bytes=upstream.max_response_headers,
        max_response_bytes=upstream.max_response,
        operations=tuple(
            _operation(each, operation)
            for each, operation in upstream.operations.items()
        ),
    )


def _operation(name: str, operation: model.OperationSection) -> OperationPolicy:
    hash_on, breaker = operation.hash_on, operation.breaker
    return OperationPolicy(
        name=name,
        balancing=operation.balancing,
        hash_on=_hash_on(hash_on) if hash_on else None,
        attempt_s=operation.timeout.attempt,
        total_s=operation.timeout.total,
        breaker=_breaker(breaker) if breaker else None,
        fallback=_fallback(operation.fallback) if operation.fallback else None,
    )


def _hash_on(hash_on: model.HashOnSection) -> HashOn:
    return HashOn(hash_on.source, hash_on.name)


def _fallback(fallback: model.FallbackSection) -> FallbackPolicy:
    answer = fallback.answer
    return FallbackPolicy(
        stale_s=fallback.stale, answer=_answer(answer) if answer else None
    )


def _answer(answer: model.AnswerSection) -> StaticAnswer:
    headers = answer.headers.items()
    return StaticAnswer(
        status=answer.status,
        headers=tuple((key.lower().encode(), text.encode()) for key, text in headers),
        body=answer.body.encode(),
    )


def _dns(dns: model.DnsSection) -> DnsPolicy:
    return DnsPolicy(
        name=dns.name, records=dns.records, port=dns.port, scheme=dns.scheme
    )


def _health(health: model.HealthSection) -> HealthPolicy:
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


def _timeout(timeout: model.TimeoutSection) -> TimeoutPolicy:
    return TimeoutPolicy(
        connect_s=timeout.connect,
        attempt_s=timeout.attempt,
        total_s=timeout.total,
        idle_s=timeout.idle,
    )


def _retry(retry: model.RetrySection) -> RetryPolicy:
    return RetryPolicy(
        attempts=retry.attempts,
        statuses=frozenset(retry.statuses),
        budget=retry.budget,
        budget_floor_per_s=retry.budget_floor,
        backoff_s=retry.backoff,
    )


def _breaker(breaker: model.BreakerSection) -> BreakerPolicy:
    return BreakerPolicy(
        failures=breaker.failures,
        failed_share=breaker.failed_share,
        window_s=breaker.window,
        min_calls=breaker.min_calls,
        open_for_s=breaker.open_for,
        probes=breaker.probes,
    )


def _connections(connections: model.ConnectionsSection) -> ConnectionPolicy:
    return ConnectionPolicy(
        max_open=connections.max_open,
        max_waiting=connections.max_waiting,
        idle_s=connections.idle,
        lifetime_s=connections.lifetime,
    )


def _tls(tls: model.TlsSection, folder: Path) -> TlsPolicy:
    return TlsPolicy(
        ca_file=_file(tls.ca, folder),
        cert_file=_file(tls.certificate, folder),
        key_file=_file(tls.key, folder),
        server_name=tls.server_name,
        minimum=tls.minimum,
    )


def _file(name: str, folder: Path) -> str:
    return str(folder / name) if name else ""


def _concurrency(concurrency: model.ConcurrencySection) -> ConcurrencyPolicy:
    return ConcurrencyPolicy(
        max_in_flight=concurrency.max_in_flight,
        max_per_instance=concurrency.max_per_instance,
        max_waiting=concurrency.max_waiting,
        max_wait_s=concurrency.max_wait,
        adaptive=concurrency.adaptive,
    )


def _cache(cache: model.CacheSection) -> CachePolicy:
    return CachePolicy(
        ttl_s=cache.ttl,
        stale_while_revalidate_s=cache.stale_while_revalidate,
        stale_if_error_s=cache.stale_if_error,
    )
