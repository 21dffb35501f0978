"""How the view models reach the REST services: batched, by the traffic layer."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, TypeAlias
from urllib.parse import quote

import orjson

from gateway.upstreams.call import UpstreamRequest
from resolvers.errors import HttpError, MalformedResponse
from resolvers.execute.context import ExecutionContext
from resolvers.json_types import is_object
from resolvers.loaders import Batch

Resource: TypeAlias = dict[str, Any]

NOT_FOUND = 404
OK = 200


@dataclass(frozen=True, slots=True)
class RowsKey:
    """Whose rows, and how much of them."""

    user_id: str
    rows: int
    titles_per_row: int


async def load_users(
    ids: Sequence[str], context: ExecutionContext
) -> Sequence[Resource | None]:
    """One call for all `ids`; None where there is no such user."""
    path = f"/users?ids={','.join(segment(each) for each in ids)}"
    answer = await get_json(context, "users", path, "GET /users")
    users = {user["id"]: user for user in answer["users"]} if answer else {}
    return [users.get(user_id) for user_id in ids]


async def load_rows(
    keys: Sequence[RowsKey], context: ExecutionContext
) -> Sequence[list[Resource] | None]:
    """One call a key, and an operation has one key; None where there is no user."""
    return [await rows_of(key, context) for key in keys]


async def rows_of(key: RowsKey, context: ExecutionContext) -> list[Resource] | None:
    size = f"rows={key.rows}&titles={key.titles_per_row}"
    answer = await get_json(
        context,
        "recommendations",
        f"/users/{segment(key.user_id)}/rows?{size}",
        "GET /users/{id}/rows",
    )
    return answer["rows"] if answer else None


async def get_json(
    context: ExecutionContext, service: str, path: str, endpoint: str
) -> Resource | None:
    """The resource at `path`, None if there is none.

    Raises an `UpstreamError` or a `SubgraphError` where the service cannot say.
    """
    request = UpstreamRequest(
        method="GET",
        path=path,
        safe=True,
        deadline_s=context.request.deadline_s,
        endpoint=endpoint,
        partition=context.request.identity.cache_partition,
    )
    response = await context.upstreams[service].call(request, context.request)
    if response.status == NOT_FOUND:
        return None
    if response.status != OK:
        raise HttpError(response.status)
    return decoded(response.body)


def segment(text: str) -> str:
    """`text` as it may stand in a path or a query, whatever the client made of it."""
    return quote(text, safe="")


def decoded(body: bytes) -> Resource:
    try:
        value = orjson.loads(body)
    except orjson.JSONDecodeError as error:
        raise MalformedResponse from error
    if not is_object(value):
        raise MalformedResponse
    return value


USERS: Batch[ExecutionContext, str, Resource | None] = Batch(
    name="users", load=load_users
)
ROWS: Batch[ExecutionContext, RowsKey, list[Resource] | None] = Batch(
    name="rows", load=load_rows
)
