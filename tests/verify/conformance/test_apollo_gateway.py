"""Apollo Gateway takes our supergraphs for its own composer's: it answers alike."""

from pathlib import Path

import pytest

from tests.support.apollo_gateway import install_apollo_gateway
from tests.support.conformance_kit import KitRun, run_kit
from tests.support.npm_packages import npm
from tests.verify.conformance.conftest import Report


@pytest.fixture(scope="module")
def apollo(request: pytest.FixtureRequest) -> tuple[str, ...]:
    """The command that starts Apollo Gateway; kept in pytest's cache folder."""
    if (found := npm()) is None:
        pytest.skip("Apollo Gateway needs Node and npm, which are not here")
    cache: pytest.Cache = request.config.cache
    return install_apollo_gateway(found, cache.mkdir("apollo-gateway"))


def test_apollo_gateway_passes_on_our_supergraphs_what_it_passes_on_its_own(
    apollo: tuple[str, ...],
    suites: Path,
    own_suites: Path,
    report: Report,
    tmp_path_factory: pytest.TempPathFactory,
) -> None:
    reference = run_kit(apollo, tmp_path_factory.mktemp("apollo"), suites)
    ours = run_kit(apollo, tmp_path_factory.mktemp("apollo-own"), own_suites)

    report(f"Apollo Gateway on supergraphs that Apollo composed: {reference}")
    report(f"  {_failures(reference)}")
    report(f"Apollo Gateway on supergraphs that Weir composed: {ours}")
    assert reference.passed, reference.output
    assert ours.passed == reference.passed, ours.output


def _failures(run: KitRun) -> str:
    return f"it fails {', '.join(run.failed)}" if run.failed else "it fails none"
