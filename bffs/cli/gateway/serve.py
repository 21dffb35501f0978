"""`weir serve`: serves a configuration, and prints the errors that prevent a start."""

import sys
from contextlib import ExitStack, redirect_stdout
from functools import partial
from pathlib import Path

from weir.bffs.app import App
from weir.bffs.cli import USAGE_ERROR
from weir.bffs.cli.output import print_error
from weir.bffs.config.decode import LoadedConfig
from weir.bffs.config.document import ConfigDocument
from weir.bffs.config.errors import ConfigError, Problem
from weir.bffs.config.model.root import Config
from weir.bffs.config.model.server import ServerSection
from weir.bffs.config.policies.server import serve_options
from weir.bffs.config.policies.server_tls import check_server_tls
from weir.bffs.config.stores.file import FileStore
from weir.bffs.config.stores.fixed import FixedStore
from weir.bffs.config.stores.listen import Listen
from weir.bffs.config.stores.polling import Follow, poll
from weir.bffs.config.stores.state_dir import StateDir
from weir.bffs.config.stores.store import ConfigStore
from weir.bffs.config.stores.url import UrlStore, is_config_url
from weir.bffs.config.stores.watching import WatchedFolder
from weir.bffs.facades.openapi.api import api_path
from weir.bffs.generations.generation import Generation
from weir.gateway.server.address import Address
from weir.gateway.server.errors import ListenError, WorkersFailed
from weir.gateway.server.listener import BoundSocket, adopt, bind
from weir.gateway.server.process.readiness import Readiness
from weir.gateway.server.process.service_manager import inherited_socket
from weir.gateway.server.serve import Sockets, run


def serve_config(
    config: str, listen: Listen, state_dir: Path | None = None, *, watch: bool = False
) -> int:
    """Serve a configuration, a file or a URL; return the process's exit code.

    With `watch`, changes in the folder of the file are loaded. A URL is polled.
    """
    state = StateDir(state_dir) if state_dir else None
    try:
        if is_config_url(config):
            if watch:
                print_error("--watch is for files: a URL is always polled")
                return USAGE_ERROR
            url = UrlStore(config, state, listen)
            return _serve(url, state, partial(poll, url.has_changed))
    except ConfigError as error:
        print_error(str(error))
        return USAGE_ERROR
    file = Path(config)
    folder = WatchedFolder(file.absolute().parent, state_dir)
    return _serve(FileStore(file, listen), state, folder.follow if watch else None)


def serve_supergraph(file: Path, listen: Listen, *, watch: bool = False) -> int:
    """Serve a composed supergraph at /graphql; return the process's exit code."""
    store = FixedStore(listen.apply_to(_supergraph_config(file)))
    folder = WatchedFolder(file.absolute().parent)
    return _serve(store, follow=folder.follow if watch else None)


def _supergraph_config(file: Path) -> LoadedConfig:
    """Return the configuration of a gateway that serves only a supergraph."""
    config = Config.model_validate(
        {
            # Any free control port, so that two graphs can be served side by side. Load
            # balancers cannot know it, so that draining does not wait for them.
            "server": {
                "control": "127.0.0.1:0",
                "drain_delay": "0s",
            },
            "supergraph": str(file.absolute()),
            "facades": {"graph": {"path": "", "introspection": True}},
        }
    )
    return LoadedConfig(config, ConfigDocument(str(file), {}, {}))


def _serve(
    store: ConfigStore, state: StateDir | None = None, follow: Follow | None = None
) -> int:
    try:
        loaded = store.load()
        check_server_tls(loaded)
        server = loaded.config.server
        sockets = _sockets(server)
        readiness = Readiness()
        # Standard output is for the log alone, and resolvers may print.
        with redirect_stdout(sys.stderr):
            return run(
                lambda: App(
                    loaded,
                    store,
                    readiness,
                    partial(_announce, sockets),
                    state,
                    follow=follow,
                ),
                sockets,
                readiness,
                serve_options(server, loaded.folder),
            )
    except (ConfigError, ListenError, WorkersFailed) as error:
        print_error(str(error))
        return USAGE_ERROR


def _sockets(server: ServerSection) -> Sockets:
    """Take the addresses of all ports; raises ConfigError with its key."""
    with ExitStack() as opened:

        def bound(key: str, address: Address) -> BoundSocket:
            try:
                taken = bind(address)
            except ListenError as error:
                message = f"server.{key}: {error}; choose another one"
                raise ConfigError(Problem(message=message)) from error
            opened.callback(taken.socket.close)
            return taken

        probes = server.probes
        redirect = server.tls and server.tls.redirect_from
        sockets = Sockets(
            data=_inherited(server) or bound("port", Address(server.host, server.port)),
            control=bound("control", _address(server.control)),
            probes=bound("probes", _address(probes)) if probes else None,
            redirect=(
                bound("tls.redirect_from", _address(redirect)) if redirect else None
            ),
        )
        opened.pop_all()
        return sockets


def _inherited(server: ServerSection) -> BoundSocket | None:
    """Return the data port that the service manager has opened, if it has."""
    try:
        opened = inherited_socket()
        return adopt(opened, server.host) if opened else None
    except OSError as error:
        raise ConfigError(Problem(message=f"LISTEN_FDS: {error}")) from error


def _address(text: str) -> Address:
    host, _, port = text.rpartition(":")
    return Address(host.strip("[]"), int(port))


def _announce(sockets: Sockets, generation: Generation) -> None:
    """Print all URLs on standard error, because the log is on standard output."""
    scheme = "https" if generation.loaded.config.server.tls else "http"
    base = f"{scheme}://{sockets.data.address}"
    lines = [f"weir: generation {generation.id} serves"]
    for facade in generation.facades:
        lines.append(f"  {facade.name:<8} {base}{facade.path}/graphql")
        lines += [
            f"  {'':<8} {base}{api_path(facade, operation.version)}"
            f"{binding.template.text}  ({binding.method})"
            for operation, _ in facade.stored
            for binding in operation.bindings
        ]
    lines += [
        f"  {name:<8} {base}{route.path}"
        for name, route in generation.loaded.config.routes.items()
    ]
    lines.append(f"  control  http://{sockets.control.address}")
    if sockets.probes is not None:
        lines.append(f"  probes   http://{sockets.probes.address}")
    if sockets.redirect is not None:
        lines.append(f"  redirect http://{sockets.redirect.address}")
    print("\n".join(lines), file=sys.stderr, flush=True)  # noqa: T201 - to a person
