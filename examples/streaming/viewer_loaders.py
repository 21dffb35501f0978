"""Batched calls of the view models to the REST services, by the traffic layer."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TypeAlias
from urllib.parse import quote

from weir.gateway.json_types import JSONObject, is_object
from weir.resolvers.context import ExecutionContext
from weir.resolvers.errors import MalformedResponse
from weir.resolvers.loaders import Batch
from weir.resolvers.loaders.rest import get_json, rest_batch

Rows: TypeAlias = list[JSONObject]


@dataclass(frozen=True, slots=True)
class RowsKey:
    """A user, and the number of rows and titles."""

    user_id: str
    rows: int
    titles_per_row: int


async def load_rows(
    keys: Sequence[RowsKey], context: ExecutionContext
) -> Sequence[Rows | None]:
    """Call once per key; an operation has one key. None if there is no such user."""
    return [await rows_of(key, context) for key in keys]


async def rows_of(key: RowsKey, context: ExecutionContext) -> Rows | None:
    user = quote(key.user_id, safe="")
    answer = await get_json(
        context,
        "recommendations",
        f"/users/{user}/rows?rows={key.rows}&titles={key.titles_per_row}",
        endpoint="/users/{id}/rows",
    )
    if answer is None:
        return None
    if not is_object(answer) or "rows" not in answer:
        raise MalformedResponse
    rows: Rows = answer["rows"]
    return rows


USERS = rest_batch("users", "/users?ids={ids}", items="users")
ROWS: Batch[ExecutionContext, RowsKey, Rows | None] = Batch(name="rows", load=load_rows)
