"""The field X-Forwarded-Client-Cert, in which a proxy names its client's certificate.

https://www.envoyproxy.io/docs/envoy/latest/configuration/http/http_conn_man/headers

    By=spiffe://a/proxy;Hash=0f1e;Cert="-----BEGIN%20CERTIFICATE-----%0A..."

The value has an element for each proxy, separated by commas. Only a field with one
element proves who the client is: among several, the last is often the certificate of
another proxy, and the first may be made up by the client.
"""

import re
from collections.abc import Iterator
from typing import Final
from urllib.parse import unquote_to_bytes

from weir.gateway.identity.errors import ClientCertificateMalformed

# The quantifiers are possessive, so that each character is read once.
_PAIR: Final = re.compile(r'([A-Za-z]++)=(?:"((?:[^"\\]++|\\.)*+)"|([^",;]*+))(;|,|\Z)')


def forwarded_pem(value: str) -> str:
    """Return the certificate in PEM; raise ClientCertificateMalformed."""
    found = [text for key, text in _pairs(value) if key == "cert"]
    if len(found) != 1:
        detail = f"X-Forwarded-Client-Cert has {len(found)} values of `Cert`, not one."
        raise ClientCertificateMalformed(detail)
    return unquote_to_bytes(found[0]).decode("latin-1")


def _pairs(value: str) -> Iterator[tuple[str, str]]:
    """Yield the keys, in lower case, and the values of the only element."""
    end = 0
    while end < len(value):
        pair = _PAIR.match(value, end)
        if pair is None:
            detail = "X-Forwarded-Client-Cert is malformed."
            raise ClientCertificateMalformed(detail)
        key, quoted, plain, separator = pair.groups()
        if separator == ",":
            detail = (
                "X-Forwarded-Client-Cert has several elements."
                " The proxy has to replace the field of its client."
            )
            raise ClientCertificateMalformed(detail)
        yield key.lower(), quoted or plain or ""
        end = pair.end()
