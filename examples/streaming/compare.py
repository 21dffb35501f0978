"""The savings of the façades, compared with an app that calls the services itself.

    python -m examples.streaming.compare --gateway http://127.0.0.1:4000

fetches the home, title and search screens of each façade from a running demo. The
baseline client builds the same screens, with as many rows, titles and reviews. Both are
compressed alike, each response by itself. The exit code is 1 if a goal is missed.
"""

import argparse
import asyncio
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import httpx

from examples.streaming.baseline_client import (
    BaselineClient,
    Screen,
    gzip_size,
    leaf_count,
    service_urls,
)
from examples.streaming.containment import missing_fields
from examples.streaming.ports import DEFAULT_BASE_PORT
from examples.streaming.service_logs import Asked, ServiceLogs

FACADES = ("web", "mobile", "tv")
SCREENS = {
    "home": "/v1/home",
    "title": "/v1/titles/t1337",
    "search": "/v1/search?q=king",
}
USER = "u1"
TITLE_ID = "t1337"
SEARCHED = "king"

MOBILE_SAVES = 0.75
PROFILE_SAVES = 0.40
FEWEST_SERVICES = 4

# Only the device profile affects the size: the user is the only argument.
SAME_DOCUMENT = """
query Same($user: ID!) {
  viewer(id: $user) {
    user { name avatar }
    rows { name titles { ...Shown } }
  }
  popular { ...Shown }
}
fragment Shown on Title {
  id name synopsis
  images { kind url }
  progress(user: $user) { remainingSeconds }
  reviewSummary { average }
}
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Measured:
    """One screen of one façade beside the baseline's for the same rows and titles."""

    screen: str
    facade: str
    answered_bytes: int
    gzip_bytes: int
    fields: int
    upstream: Asked
    baseline: Screen
    missing: tuple[str, ...]

    @property
    def saved(self) -> float:
        """The share of the baseline's bytes that the client saves."""
        return 1 - self.answered_bytes / self.baseline.downloaded_bytes

    @property
    def saved_upstream(self) -> float:
        return 1 - self.upstream.total_bytes / self.baseline.downloaded_bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class SameDocument:
    """One document, sent to one façade's GraphQL."""

    facade: str
    answered_bytes: int
    upstream: Asked


@dataclass(frozen=True, slots=True)
class Comparison:
    """All screens of all façades, and the same document at each."""

    screens: tuple[Measured, ...]
    documents: tuple[SameDocument, ...]

    def screen(self, screen: str, facade: str) -> Measured:
        return next(
            each
            for each in self.screens
            if (each.screen, each.facade) == (screen, facade)
        )

    def document(self, facade: str) -> SameDocument:
        return next(each for each in self.documents if each.facade == facade)

    @property
    def home_saved_by_mobile(self) -> float:
        mobile, web = (self.screen("home", each) for each in ("mobile", "web"))
        return 1 - mobile.answered_bytes / web.answered_bytes

    @property
    def saved_by_profile(self) -> float:
        mobile, web = self.document("mobile"), self.document("web")
        return 1 - mobile.answered_bytes / web.answered_bytes

    @property
    def saved_by_profile_upstream(self) -> float:
        mobile, web = self.document("mobile"), self.document("web")
        return 1 - mobile.upstream.total_bytes / web.upstream.total_bytes


@dataclass(frozen=True, slots=True)
class Bench:
    """A gateway, the services and their logs."""

    gateway: str
    http: httpx.AsyncClient
    logs: ServiceLogs
    baseline: BaselineClient

    async def get(self, url: str) -> tuple[bytes, Asked]:
        await self.logs.reset()
        answer = await self.http.get(self.gateway + url)
        answer.raise_for_status()
        return answer.content, await self.logs.asked()

    async def post(self, url: str, body: dict[str, Any]) -> tuple[bytes, Asked]:
        await self.logs.reset()
        answer = await self.http.post(self.gateway + url, json=body)
        answer.raise_for_status()
        return answer.content, await self.logs.asked()


async def compare(gateway: str, base_port: int = DEFAULT_BASE_PORT) -> Comparison:
    """Measure a running demo; raises `httpx.HTTPError` if a process is missing."""
    headers = {"accept-encoding": "identity"}
    async with (
        httpx.AsyncClient(timeout=10.0, headers=headers) as http,
        BaselineClient(service_urls(base_port)) as baseline,
    ):
        bench = Bench(gateway, http, ServiceLogs(http, base_port), baseline)
        screens = [
            await measure(bench, facade, screen)
            for screen in SCREENS
            for facade in FACADES
        ]
        documents = [await same_document(bench, facade) for facade in FACADES]
    return Comparison(tuple(screens), tuple(documents))


async def measure(bench: Bench, facade: str, screen: str) -> Measured:
    body, upstream = await bench.get(f"/{facade}{SCREENS[screen]}")
    shown = httpx.Response(200, content=body).json()
    baseline = await without_gateway(bench.baseline, facade, screen, shown)
    offered = baseline.data if screen == "home" else next(iter(baseline.data.values()))
    found = shown["items"] if screen == "search" else shown
    return Measured(
        screen=screen,
        facade=facade,
        answered_bytes=len(body),
        gzip_bytes=gzip_size(body),
        fields=leaf_count(shown),
        upstream=upstream,
        baseline=baseline,
        missing=tuple(missing_fields(found, offered)),
    )


async def without_gateway(
    client: BaselineClient, facade: str, screen: str, shown: dict[str, Any]
) -> Screen:
    """Return the screen from the services, with as many items as `shown`."""
    match screen:
        case "home":
            rows = shown["viewer"]["rows"]
            longest = max(len(row["titles"]) for row in rows)
            return await client.home(
                USER, rows=len(rows), titles=longest, popular=len(shown["popular"])
            )
        case "title":
            return await client.title(
                TITLE_ID,
                USER,
                device=facade.upper(),
                similar=len(shown["similar"]),
                reviews=len(shown["reviews"]),
            )
        case _:
            return await client.search(SEARCHED, USER, first=len(shown["items"]))


async def same_document(bench: Bench, facade: str) -> SameDocument:
    asked = {"query": SAME_DOCUMENT, "variables": {"user": USER}}
    body, upstream = await bench.post(f"/{facade}/graphql", asked)
    assert b'"errors"' not in body, body
    return SameDocument(facade=facade, answered_bytes=len(body), upstream=upstream)


def missed_goals(comparison: Comparison) -> Iterator[str]:
    if (saved := comparison.home_saved_by_mobile) < MOBILE_SAVES:
        yield f"mobile home: {saved:.0%} smaller than that of web"
    for each in comparison.screens:
        name = f"{each.facade} {each.screen}"
        if each.missing:
            yield f"{name}: not in the baseline's data: {'; '.join(each.missing[:3])}"
        if each.screen == "home" and len(each.upstream.services) < FEWEST_SERVICES:
            yield f"{name}: data from {', '.join(each.upstream.services)} only"
        if each.facade == "mobile":
            yield from missed_by_mobile(each)
    for saved, where in (
        (comparison.saved_by_profile, "the client downloads"),
        (comparison.saved_by_profile_upstream, "the services send"),
    ):
        if saved < PROFILE_SAVES:
            yield f"same document: mobile saves {saved:.0%} of what {where}"


def missed_by_mobile(each: Measured) -> Iterator[str]:
    if each.saved < MOBILE_SAVES:
        yield f"mobile {each.screen}: {each.saved:.0%} smaller than the baseline"
    if each.saved_upstream <= 0:
        yield f"mobile {each.screen}: the services send as much as to the baseline"
    if each.baseline.requests < 2:  # noqa: PLR2004 - half of them is the façade's one
        yield f"mobile {each.screen}: the baseline also needs only one request"


def table(comparison: Comparison) -> Iterator[str]:
    yield "each screen by one request, and by a client that calls the services itself"
    yield "bytes are those of the bodies, in brackets compressed by gzip"
    yield ""
    yield (
        "screen  façade            bytes to the client    requests  fields"
        "    from the services   smaller"
    )
    for each in comparison.screens:
        yield from rows(each)
    yield ""
    saved = comparison.home_saved_by_mobile
    yield f"the home screen of mobile is {saved:.1%} smaller than that of web"
    yield ""
    yield "the same document at each façade: the effect of the device profile"
    yield ""
    for document in comparison.documents:
        yield (
            f"{document.facade:8} {document.answered_bytes:8,} bytes to the client,"
            f" {document.upstream.total_bytes:8,} from the services"
        )
    yield (
        f"mobile is {comparison.saved_by_profile:.1%} smaller than web at the client,"
        f" {comparison.saved_by_profile_upstream:.1%} at the services"
    )


def rows(each: Measured) -> Iterator[str]:
    upstream, baseline = each.upstream, each.baseline
    yield (
        f"{each.screen:7} {each.facade:9} {each.answered_bytes:10,}"
        f" ({each.gzip_bytes:6,}) {1:12} {each.fields:7,}"
        f" {upstream.total_bytes:9,} in {upstream.requests.total():2} calls"
        f" {each.saved:8.1%}"
    )
    yield (
        f"{'':7} {'no façade':9} {baseline.downloaded_bytes:10,}"
        f" ({baseline.gzip_bytes:6,}) {baseline.requests:12} {baseline.fields:7,}"
    )


async def main() -> None:
    arguments = argparse.ArgumentParser(description="Measure the façades.")
    arguments.add_argument("--gateway", default="http://127.0.0.1:4000")
    arguments.add_argument("--base-port", type=int, default=DEFAULT_BASE_PORT)
    options = arguments.parse_args()
    comparison = await compare(options.gateway, options.base_port)
    print("\n".join(table(comparison)))
    if missed := list(missed_goals(comparison)):
        sys.exit("\nMissed:\n" + "\n".join(missed))


if __name__ == "__main__":
    asyncio.run(main())
