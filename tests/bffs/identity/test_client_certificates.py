"""Client certificates over real connections, from weir.yaml to the response."""

import asyncio
import json
import ssl
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from pathlib import Path
from urllib.parse import quote

import pytest

from tests.support.calls import DeafSink
from tests.support.certificates import Authority, Pem
from tests.support.controlled_app import controlled_app
from tests.support.limited_server import PATIENT
from tests.support.served_process import Connection
from tests.support.tokens import claims, jwks, rsa_key, token
from weir.bffs.config.decode import load_config
from weir.bffs.config.errors import ConfigError
from weir.bffs.config.policies.server import serve_options
from weir.gateway.server.address import Address
from weir.gateway.server.listener import bind, new_listener

OWN = "client_certificates: {roles: [organizational_unit]}"
FORWARDED = "client_certificates: {roles: [organizational_unit], forwarded: true}"
CONFIG = """\
server:
  trusted_proxies: [PROXIES]
  tls:
    certificate: FOLDER/server.pem
    key: FOLDER/server.key
    client_ca: FOLDER/authority.pem
    client_certificates: request
identity:
  CERTIFICATES
  jwt:
    own: {issuer: "https://issuer.test", audiences: weir, keys: keys.json}
  policies:
    named: {cel: "'robot' in identity.claims.common_name"}
upstreams:
  books: {instances: [http://127.0.0.1:1], health: {active: false}}
subgraphs:
  books: {upstream: books, sdl: books.graphql}
facades:
  open: {path: /open}
  known: {path: /known, access: authenticated}
  operators: {path: /operators, access: {roles: [operator], policies: [named]}}
"""
FIELD = "X-Forwarded-Client-Cert"
NOBODY = "UNAUTHENTICATED"


@pytest.fixture(scope="module")
def authority(tmp_path_factory: pytest.TempPathFactory) -> Authority:
    return Authority(tmp_path_factory.mktemp("tls"))


@pytest.fixture(scope="module")
def robot(authority: Authority) -> Pem:
    return authority.issue("robot", "DNS:robot.test", "/OU=operator/CN=robot")


class Clients:
    """Clients of a gateway, each with a connection of its own."""

    def __init__(self, port: int, authority: Authority) -> None:
        self._port = port
        self._authority = authority

    async def code(
        self, facade: str, own: Pem | None, fields: Mapping[str, str] | None = None
    ) -> str:
        """Return the error code of a query, or ""."""
        context = ssl.create_default_context(cafile=str(self._authority.own.cert))
        if own is not None:
            context.load_cert_chain(own.cert, own.key)
        client = Connection(
            *await asyncio.open_connection("127.0.0.1", self._port, ssl=context)
        )
        body = b'{"query": "{ __typename }"}'
        lines = "".join(
            f"{name}: {value}\r\n" for name, value in (fields or {}).items()
        )
        await client.send(
            f"POST /{facade}/graphql HTTP/1.1\r\nHost: a.test\r\n{lines}"
            "Content-Type: application/json\r\n"
            f"Content-Length: {len(body)}\r\n\r\n".encode()
            + body
        )
        reply = json.loads((await client.reply()).body)
        client.close()
        return (
            str(reply["errors"][0]["extensions"]["code"]) if "errors" in reply else ""
        )


@asynccontextmanager
async def clients_of(
    folder: Path, authority: Authority, certificates: str, proxies: str
) -> AsyncIterator[Clients]:
    authority.issue("server", "IP:127.0.0.1")
    (folder / "keys.json").write_text(json.dumps(jwks(rsa_key())))
    config = CONFIG.replace("CERTIFICATES", certificates).replace("PROXIES", proxies)
    config = config.replace("FOLDER", str(authority.folder))
    async with controlled_app(folder, config) as served:
        server = load_config(folder / "weir.yaml", {}).config.server
        tls = serve_options(server, folder).tls
        listener = new_listener(served.app.handler, PATIENT, DeafSink(), tls=tls)
        bound = bind(Address("127.0.0.1", 0))
        await listener.open(bound)
        try:
            yield Clients(bound.address.port, authority)
        finally:
            await listener.close(0)


def forwarded(pem: Pem) -> dict[str, str]:
    return {FIELD: f"Hash=0f1e;Cert={quote(pem.cert.read_text())}"}


async def test_the_certificate_of_a_connection_is_the_caller(
    tmp_path: Path, authority: Authority, robot: Pem
) -> None:
    other = authority.issue("other", "DNS:other.test")
    async with clients_of(tmp_path, authority, OWN, "") as clients:
        assert await clients.code("known", None) == NOBODY
        assert await clients.code("known", robot) == ""
        assert await clients.code("operators", robot) == ""
        assert await clients.code("operators", other) == "FORBIDDEN"
        # Anyone can send the field, and nobody is believed.
        assert await clients.code("known", None, forwarded(robot)) == NOBODY
        assert await clients.code("operators", other, forwarded(robot)) == "FORBIDDEN"


async def test_the_field_of_a_trusted_proxy_is_the_caller_and_its_connection_is_not(
    tmp_path: Path, authority: Authority, robot: Pem
) -> None:
    proxy = authority.issue("proxy", "DNS:proxy.test", "/OU=operator/CN=proxy")
    async with clients_of(tmp_path, authority, FORWARDED, "127.0.0.1") as clients:
        assert await clients.code("known", proxy) == NOBODY
        assert await clients.code("known", proxy, {FIELD: ""}) == NOBODY
        assert await clients.code("operators", proxy, forwarded(robot)) == ""
        code = await clients.code("known", proxy, {FIELD: "Hash=0f1e"})
        assert code == "CLIENT_CERTIFICATE_MALFORMED"


async def test_a_proxy_is_not_believed_unless_it_is_configured(
    tmp_path: Path, authority: Authority, robot: Pem
) -> None:
    async with clients_of(tmp_path, authority, OWN, "127.0.0.1") as clients:
        assert await clients.code("known", None, forwarded(robot)) == NOBODY
        assert await clients.code("known", robot) == NOBODY


async def test_another_credential_goes_before_the_certificate(
    tmp_path: Path, authority: Authority, robot: Pem
) -> None:
    async with clients_of(tmp_path, authority, OWN, "") as clients:
        signed = token(rsa_key(), "RS256", claims())
        sent = {"Authorization": f"Bearer {signed}"}
        assert await clients.code("known", robot, sent) == ""
        assert await clients.code("operators", robot, sent) == "FORBIDDEN"
        wrong = {"Authorization": "Bearer a.b.c"}
        assert await clients.code("open", robot, wrong) == "TOKEN_MALFORMED"


@pytest.mark.parametrize(
    ("server", "section", "message"),
    [
        ("", "{}", "needs `server.tls.client_ca`, or `forwarded: true`"),
        (
            "tls: {certificate: c.pem, key: k.pem}",
            "{}",
            "needs `server.tls.client_ca`, or `forwarded: true`",
        ),
        ("", "{forwarded: true}", "forwarded: needs `server.trusted_proxies`"),
        ("", "{roles: [organisation]}", "roles"),
        (
            "tls: {certificate: c.pem, key: k.pem, client_certificates: request}",
            "{}",
            "`client_certificates` has no effect without `client_ca`",
        ),
    ],
)
def test_a_section_without_effect_is_an_error_with_its_line(
    tmp_path: Path, server: str, section: str, message: str
) -> None:
    file = tmp_path / "weir.yaml"
    file.write_text(
        f"server: {{{server}}}\nidentity:\n  client_certificates: {section}\n"
    )

    with pytest.raises(ConfigError) as raised:
        load_config(file, {})

    assert message in str(raised.value)
    assert "weir.yaml:" in str(raised.value)
