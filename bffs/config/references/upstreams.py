"""Names of upstreams, and settings of upstreams without effect."""

from collections.abc import Iterator

from weir.bffs.config.document import ConfigDocument
from weir.bffs.config.errors import Problem
from weir.bffs.config.model.position import DataPath
from weir.bffs.config.model.root import Config
from weir.bffs.config.unknown_name import unknown
from weir.bffs.config.written import duration


def unknown_upstream(
    document: ConfigDocument, config: Config, path: DataPath, name: str
) -> Iterator[Problem]:
    if name in config.upstreams:
        return
    dotted = ".".join(map(str, path))
    message = f"{dotted}.upstream: {unknown('upstream', name, config.upstreams)}"
    yield document.problem((*path, "upstream"), message)


def upstream_problems(document: ConfigDocument, config: Config) -> Iterator[Problem]:
    """Yield a problem for each setting that another one makes useless."""
    yield from _unused_timeouts(document, config)
    yield from _unused_hash_keys(document, config)
    yield from _unused_pins(document, config)


def _unused_timeouts(document: ConfigDocument, config: Config) -> Iterator[Problem]:
    """Yield a problem for each time of an attempt that ends after the whole call."""
    for name, upstream in config.upstreams.items():
        timeout = upstream.timeout
        if "attempt" in timeout.model_fields_set and timeout.attempt > timeout.total:
            message = (
                f"upstreams.{name}.timeout.attempt: has no effect, because `total` ends"
                f" the call after {duration(timeout.total)}; raise `total`"
            )
            yield document.problem(("upstreams", name, "timeout", "attempt"), message)


def _unused_hash_keys(document: ConfigDocument, config: Config) -> Iterator[Problem]:
    """Yield a problem for each `hash_on` that the balancing does not use."""
    for name, upstream in config.upstreams.items():
        if upstream.hash_on and upstream.balancing != "consistent_hash":
            message = (
                f"upstreams.{name}.hash_on: only used with"
                " `balancing: consistent_hash`, which is not set"
            )
            yield document.problem(("upstreams", name, "hash_on"), message)


def _unused_pins(document: ConfigDocument, config: Config) -> Iterator[Problem]:
    """Yield a problem for each upstream with pins and an instance without TLS."""
    for name, upstream in config.upstreams.items():
        if not upstream.tls.pins:
            continue
        plain = [each.url for each in upstream.instances if _is_plain(each.url)]
        if upstream.discovery is not None and upstream.discovery.scheme == "http":
            plain.append(f"http://{name}")
        if plain:
            message = (
                f"upstreams.{name}.tls.pins: have no effect on {plain[0]}, which has no"
                " TLS; use https"
            )
            yield document.problem(("upstreams", name, "tls", "pins"), message)


def _is_plain(url: str) -> bool:
    return url.lower().startswith("http:")
