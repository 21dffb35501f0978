"""The view model of the mobile app, with the ratings of the catalog."""

import time
from typing import Any

import pytest

from examples.streaming.mobile_home import schema
from tests.support.calls import request_context
from weir.resolvers.context import ExecutionContext

BADGES = """
query ($titles: [_Any!]!) {
  _entities(representations: $titles) { ... on Title { badge { kind text } } }
}
"""


@pytest.mark.parametrize(
    ("imdb", "percent", "badge"),
    [
        (7.9, 89, None),
        (7.9, None, None),
        (7.9, 90, {"kind": "CRITICS", "text": "90 % of critics"}),
        (9.0, 90, {"kind": "CRITICS", "text": "90 % of critics"}),
        (8.0, 89, {"kind": "AUDIENCE", "text": "8.0 of 10"}),
        (8.7, None, {"kind": "AUDIENCE", "text": "8.7 of 10"}),
    ],
)
async def test_a_title_has_the_badge_of_those_who_love_it(
    imdb: float, percent: int | None, badge: Any
) -> None:
    ratings = {"imdb": imdb, "tomatoMeter": percent}
    title = {"__typename": "Title", "id": "t1", "ratings": ratings}
    context = ExecutionContext(
        request=request_context(deadline_s=time.monotonic() + 60),
        variables={},
        services={},
    )

    result = await schema.execute(
        BADGES, variable_values={"titles": [title]}, context_value=context
    )

    assert not result.errors
    assert result.data == {"_entities": [{"badge": badge}]}
