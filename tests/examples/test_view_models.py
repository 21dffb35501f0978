"""The view models of web, TV and partners, with the fields of the catalog."""

import time
from typing import Any

import pytest
from strawberry.federation import Schema

from examples.streaming.partner_listing import schema as listing
from examples.streaming.tv_headline import schema as headline
from examples.streaming.web_verdict import schema as verdict
from tests.support.calls import request_context
from weir.gateway.json_types import JSONObject
from weir.resolvers.context import ExecutionContext


async def title(schema: Schema, fields: str, known: JSONObject) -> Any:
    """Return fields of a title whose other fields the planner has fetched."""
    query = f"""
    query ($titles: [_Any!]!) {{
      _entities(representations: $titles) {{ ... on Title {{ {fields} }} }}
    }}
    """
    result = await schema.execute(
        query,
        variable_values={"titles": [{"__typename": "Title", "id": "t1", **known}]},
        context_value=ExecutionContext(
            request=request_context(deadline_s=time.monotonic() + 60),
            variables={},
            services={},
        ),
    )
    assert not result.errors
    assert result.data is not None
    (found,) = result.data["_entities"]
    return found


@pytest.mark.parametrize(
    ("imdb", "percent", "text"),
    [
        (7.9, 89, None),
        (7.9, None, None),
        (7.9, 90, "Loved by critics"),
        (8.0, None, "Loved by audiences"),
        (8.0, 90, "Loved by critics and audiences"),
    ],
)
async def test_the_web_has_a_verdict_by_the_ratings(
    imdb: float, percent: int | None, text: str | None
) -> None:
    ratings = {"imdb": imdb, "tomatoMeter": percent}

    found = await title(verdict, "verdict", {"ratings": ratings})

    assert found == {"verdict": text}


@pytest.mark.parametrize(
    ("certificate", "seconds", "text"),
    [
        ("R", 7020, "1982 · R · 1 h 57 min"),
        ("PG", 2700, "1982 · PG · 45 min"),
        (None, 3600, "1982 · 1 h 0 min"),
        (None, None, "1982"),
    ],
)
async def test_tvs_have_a_line_of_what_is_known(
    certificate: str | None, seconds: int | None, text: str
) -> None:
    known: JSONObject = {
        "year": 1982,
        "certificate": certificate,
        "durationSeconds": seconds,
    }

    assert await title(headline, "headline", known) == {"headline": text}


@pytest.mark.parametrize(
    ("certificate", "for_families"),
    [("G", True), ("PG", True), ("PG-13", False), ("R", False), (None, False)],
)
async def test_partners_have_a_link_and_know_what_children_may_watch(
    certificate: str | None,
    for_families: bool,  # noqa: FBT001 - a column of the table
) -> None:
    found = await title(listing, "link forFamilies", {"certificate": certificate})

    link = "https://streaming.example/titles/t1"
    assert found == {"link": link, "forFamilies": for_families}
