"""All parsers of input that may be hostile, by group and name."""

from typing import Final

from tests.support.growth import Growing
from tests.support.parsers.client_data import CLIENT_DATA
from tests.support.parsers.connections import PEERS, REQUESTS, RESPONSES
from tests.support.parsers.documents import DOCUMENTS
from tests.support.parsers.identity import IDENTITY
from tests.support.parsers.replies import REPLIES

PARSERS: Final[dict[str, dict[str, Growing]]] = {
    "requests": REQUESTS,
    "data of clients": CLIENT_DATA,
    "documents": DOCUMENTS,
    "callers": IDENTITY,
    "responses of services": RESPONSES,
    "replies of subgraphs": REPLIES,
    "other peers": PEERS,
}
