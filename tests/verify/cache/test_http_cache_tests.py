"""Our cache does what the cases for a shared cache ask for, or what the RFC says."""

from collections import Counter
from collections.abc import AsyncIterator, Callable, Iterable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from pathlib import Path
from typing import TypeAlias

import pytest

from tests.support.cached_proxy import cached_proxy, cached_upstream
from tests.support.http_cache_tests import (
    CaseResult,
    Verdict,
    case_run,
    install,
    verdicts,
)
from tests.support.npm_packages import npm
from tests.support.redis_server import running_redis
from tests.support.redis_stores import sharing
from tests.verify.cache.deviations import DEVIATIONS
from weir.gateway.upstreams.middleware.cache.memory_store import MemoryStore
from weir.gateway.upstreams.middleware.cache.store import CacheStore

Kept: TypeAlias = Callable[[], AbstractAsyncContextManager[CacheStore]]

_CASES = 329
_SAY_NOTHING = frozenset({Verdict.PASSED, Verdict.YES, Verdict.NO, Verdict.DEPENDS})


@pytest.fixture(scope="module")
def package(request: pytest.FixtureRequest) -> Path:
    """The cases; kept in pytest's cache folder."""
    if (found := npm()) is None:
        pytest.skip("http-cache-tests needs Node and npm, which are not here")
    cache: pytest.Cache = request.config.cache
    return install(found, cache.mkdir("http-cache-tests"))


@asynccontextmanager
async def in_memory() -> AsyncIterator[CacheStore]:
    yield MemoryStore()


@asynccontextmanager
async def in_redis() -> AsyncIterator[CacheStore]:
    async with running_redis() as server, sharing(server, 1) as (store,):
        yield store


@pytest.mark.parametrize("kept", [in_memory, in_redis])
async def test_every_case_ends_as_the_rfc_says(
    package: Path, tmp_path: Path, kept: Kept, capsys: pytest.CaptureFixture[str]
) -> None:
    async with (
        case_run(package, tmp_path / "results.json") as run,
        kept() as store,
        cached_proxy(cached_upstream(run.origin), store) as url,
    ):
        results = await run.results(url)

    told = verdicts(results)
    with capsys.disabled():
        print(f"\nhttp-cache-tests, {kept.__name__}\n{_table(results, told)}")
    failed = {
        case.id
        for case in results
        if case.kind != "check" and told[case.id] not in _SAY_NOTHING
    }
    explained = {case for deviation in DEVIATIONS for case in deviation.cases}
    assert len(results) == _CASES
    assert failed - explained == set(), "no word of the RFC explains these"
    assert explained - failed == set(), "these are no deviations any more"


def _table(results: Iterable[CaseResult], told: dict[str, Verdict]) -> str:
    counts: dict[str, Counter[Verdict]] = {}
    for case in results:
        counts.setdefault(case.suite, Counter())[told[case.id]] += 1
    total = sum(counts.values(), Counter[Verdict]())
    head = f"{'':58}" + "".join(f"{verdict.value:>17}" for verdict in Verdict)
    rows = [_row(name, counts[name]) for name in counts]
    words = [f"  {len(each.cases):3}  {each.words}" for each in DEVIATIONS]
    return "\n".join((head, *rows, _row("all", total), "deviations:", *words))


def _row(name: str, counts: Counter[Verdict]) -> str:
    return f"{name:58}" + "".join(f"{counts[verdict] or '':>17}" for verdict in Verdict)
