"""The check of the files of TLS to clients, before a gateway starts."""

from weir.bffs.config.decode import LoadedConfig
from weir.bffs.config.policies.server import serve_options
from weir.gateway.server.tls import server_context


def check_server_tls(loaded: LoadedConfig) -> None:
    """Raise ConfigError if the files of TLS cannot be used."""
    tls = serve_options(loaded.config.server, loaded.folder).tls
    if tls is None:
        return
    try:
        server_context(tls)
    except OSError as error:
        is_missing = isinstance(error, FileNotFoundError)
        reason = "a file does not exist" if is_missing else str(error)
        message = (
            f"server.tls: the certificate, its key or `client_ca` cannot be used:"
            f" {reason}"
        )
        raise loaded.error(("server", "tls"), message) from error
