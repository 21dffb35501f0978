"""The responses of services: their bytes, and the replies of subgraphs in them."""

from collections.abc import Coroutine
from typing import Any, Final

import orjson

from tests.support.executing import execution_context
from tests.support.fuzzing.segments import chosen_segments
from tests.support.fuzzing.target import FuzzTarget
from tests.support.parsers.connections import CHUNKED, OK
from tests.support.parsers.replies import PLAN
from weir.gateway.json_types import JSONObject
from weir.gateway.transport.http1.response_parser import ReplyLimits, ReplyParser
from weir.gateway.transport.message import UpstreamResponse
from weir.resolvers.context import ExecutionContext
from weir.resolvers.execute.execute import execute
from weir.resolvers.execute.result import ExecutionResult
from weir.resolvers.operation.work import WorkBudget
from weir.resolvers.sources.graphql.reply import read_reply
from weir.resolvers.sources.source import BoundFetch, Reply

_BETWEEN_REPLIES: Final = b"\x00"
_MOST_ERRORS: Final = 500


def read_response(data: bytes) -> None:
    """Parse a response, whose first byte chooses the size of its segments."""
    parser = ReplyParser(ReplyLimits(65_536, 4 * 1024 * 1024))
    for each in chosen_segments(data):
        parser.feed(each)


RESPONSES: Final = FuzzTarget(
    read_response,
    seeds=(
        b"\x03" + OK + b"content-length: 3\r\n\r\nabc",
        b"\x00" + OK + b"transfer-encoding: chunked\r\n\r\n3;x=y\r\nabc\r\n0\r\n\r\n",
        b"\x01HTTP/1.1 103 Early Hints\r\nlink: </a>\r\n\r\n" + OK + b"\r\nabc",
        b"\x02HTTP/1.0 304 Not Modified\r\netag: x\r\n\r\n",
    ),
    tokens=(
        *(b"\r\n", b"\r\n\r\n", b"0\r\n\r\n", b"\x00", b"\xff", b"HTTP/1.1 200 OK\r\n"),
        *(b"content-length: 7\r\n", b"transfer-encoding: chunked\r\n", b"ffffffff\r\n"),
        *(CHUNKED, b"connection: close\r\n", b"HTTP/1.1 100 \r\n\r\n", b" a: b\r\n"),
    ),
)


def _replying(body: bytes) -> BoundFetch:
    async def call(
        variables: JSONObject, context: ExecutionContext, span_id: str
    ) -> Reply:
        del variables, context, span_id
        response = UpstreamResponse(status=200, headers=(), body=body)
        return read_reply(response)

    return call


async def _compute(work: Any, client: str, size_bytes: int, /) -> Any:
    del client, size_bytes
    return work(WorkBudget())


def read_replies(data: bytes) -> str:
    """Execute a plan of two fetches, with the replies to them."""
    first, _, second = data.partition(_BETWEEN_REPLIES)
    fetches = [_replying(first), _replying(second)]
    result = _result_of(execute(PLAN, fetches, execution_context(), _compute))
    orjson.dumps({"data": result.data, "errors": result.errors})
    assert len(result.errors) <= _MOST_ERRORS
    return "accepted with errors" if result.errors else "accepted"


def _result_of(
    execution: Coroutine[Any, Any, ExecutionResult],
) -> ExecutionResult:
    """Return the result of an execution that waits for nothing."""
    try:
        execution.send(None)
    except StopIteration as ended:
        result: ExecutionResult = ended.value
        return result
    message = "the execution waits"
    raise AssertionError(message)


_PRODUCTS: Final = (
    b'{"data":{"products":[{"__typename":"Product","upc":"1","tags":[[1,2],null]},'
    b'{"__typename":"Product","upc":2},null]}}'
)
REPLIES: Final = FuzzTarget(
    read_replies,
    seeds=(
        b'{"data":{"products":[{"__typename":"Product","upc":"1","tags":[[1]]}]}}\x00'
        b'{"data":{"_entities":[{"name":"a","price":1}]}}',
        _PRODUCTS + b'\x00{"data":{"_entities":[{"name":"a","price":1},null]}}',
        _PRODUCTS + b'\x00{"data":{"_entities":[null,{"name":null,"price":1.5}]},'
        b'"errors":[{"message":"no","path":["_entities",0,"name"],'
        b'"extensions":{"code":"X"}}]}',
        b'{"errors":[{"message":"no","path":["products",1,"tags"]},{}],"data":null}\x00',
        b'{"data":{"products":[[[{"upc":{}}]]]},"errors":{}}\x00{"data":{}}',
        b'{"data":{"products":[{"__typename":"Product","upc":"1"}]}}\x00[]',
    ),
    tokens=(
        *(b"\x00", b"{", b"}", b"[", b"]", b",", b"null", b'"__typename":"Product"'),
        *(b'"products":[', b'"_entities":[', b'"upc":', b'"tags":', b'"errors":['),
        *(b'"path":[', b'"_entities",0', b'"extensions":{"code":', b'"message":'),
        *(b"1e400", b"18446744073709551616", b'"\\ud800"', b"-1", b'"name":', b"1.0"),
    ),
)
