"""The places of clients, as they are configured."""

from importlib.util import find_spec
from typing import TYPE_CHECKING

from weir.bffs.config.decode import LoadedConfig
from weir.gateway.clock import Clock
from weir.gateway.edge.context.client_address import TrustedProxies, networks

if TYPE_CHECKING:
    from weir.gateway.geography.geography import Geography


def configured_geography(
    loaded: LoadedConfig, previous: "Geography | None", clock: Clock
) -> "Geography | None":
    """Return the places of clients; raises ConfigError for an unusable file.

    Those of the generation before are used again if the section is the same.
    """
    geo = loaded.config.geo
    if geo is None:
        return None
    if find_spec("maxminddb") is None:
        message = "geo: maxminddb is not installed; run: pip install 'maxminddb>=3.2'"
        raise loaded.error(("geo",), message)
    # A package of an extra, for those who configure it.
    from weir.gateway.geography.databases import UnusableDatabase  # noqa: PLC0415
    from weir.gateway.geography.geography import Geography  # noqa: PLC0415

    files = tuple(str(loaded.folder / file) for file in geo.files)
    if previous and (previous.files, previous.sent) == (files, tuple(geo.send)):
        return previous
    proxies = TrustedProxies(networks(tuple(loaded.config.server.trusted_proxies)))
    try:
        return Geography(files, tuple(geo.send), proxies, clock)
    except UnusableDatabase as error:
        message = f"geo.files: {error}"
        raise loaded.error(("geo", "files"), message) from error
