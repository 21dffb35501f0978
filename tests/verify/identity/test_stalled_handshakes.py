"""2,000 clients that connect and never begin their TLS handshake."""

from pathlib import Path

from tests.gateway.server.test_tls import check_stalled
from tests.support.certificates import Authority
from weir.gateway.server.process.descriptor_limit import raise_descriptor_limit

CLIENTS = 2000


async def test_stalled_handshakes_count_and_end(tmp_path: Path) -> None:
    raise_descriptor_limit()
    authority = Authority(tmp_path)

    own = authority.issue("server", "IP:127.0.0.1")

    await check_stalled(authority, own, CLIENTS, head_s=30)
