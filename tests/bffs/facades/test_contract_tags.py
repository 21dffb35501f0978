"""A tag of a contract that has no effect is an error at start."""

from pathlib import Path
from typing import Literal

import pytest

from tests.support.upstreams import runtime
from weir.bffs.config.decode import load_config
from weir.bffs.config.errors import ConfigError
from weir.bffs.config.model.facade import ContractSection
from weir.bffs.facades.contract_tags import TagProblem, tag_problems
from weir.bffs.generations.build import build_generation
from weir.gateway.clock import SystemClock
from weir.resolvers.engine.preparation_queue import PreparationQueue

CONFIG = """
upstreams:
  books: {instances: [http://127.0.0.1:1], health: {active: false}}
subgraphs:
  books: {upstream: books, sdl: books.graphql}
facades:
  web:
    path: /web
    contract: {exclude: [interal]}
"""
SDL = """
extend schema
  @link(url: "https://specs.apollo.dev/federation/v2.3", import: ["@tag"])
type Query { book: Book }
type Book { title: String shelf: String @tag(name: "internal") }
"""
Key = Literal["include", "exclude"]
TAGS = {"internal", "partner", "web"}


@pytest.mark.parametrize(
    ("contract", "key", "index", "message"),
    [
        (
            {"exclude": ["interal"]},
            "exclude",
            0,
            "no element of the graph has the tag \"interal\"; did you mean 'internal'?",
        ),
        (
            {"include": ["web", "Partner"]},
            "include",
            1,
            "no element of the graph has the tag \"Partner\"; did you mean 'partner'?",
        ),
        (
            {"include": ["mobile-devices"]},
            "include",
            0,
            'no element of the graph has the tag "mobile-devices"; '
            "the tags of the graph are: internal, partner, web",
        ),
        (
            {"include": ["web"], "exclude": ["web"]},
            "include",
            0,
            '"web" has no effect, because `exclude` has it too',
        ),
        ({"exclude": ["web", "web"]}, "exclude", 1, '"web" is listed twice'),
        ({"include": ["web", "web"]}, "include", 1, '"web" is listed twice'),
    ],
)
def test_a_tag_without_effect_is_a_problem_at_its_place(
    contract: dict[str, list[str]], key: Key, index: int, message: str
) -> None:
    section = ContractSection.model_validate(contract)
    assert list(tag_problems(section, TAGS)) == [TagProblem(key, index, message)]


def test_tags_of_the_graph_are_valid() -> None:
    section = ContractSection(include=["web", "partner"], exclude=["internal"])
    assert list(tag_problems(section, TAGS)) == []


def test_a_graph_without_tags_is_named() -> None:
    section = ContractSection(exclude=["internal"])
    (problem,) = tag_problems(section, ())
    assert problem.message.endswith("; it has no tags")


async def test_a_gateway_does_not_start_with_a_misspelled_tag(tmp_path: Path) -> None:
    (tmp_path / "books.graphql").write_text(SDL)
    (tmp_path / "weir.yaml").write_text(CONFIG)
    queue = PreparationQueue(99, SystemClock())
    with pytest.raises(ConfigError) as raised:
        await build_generation(
            load_config(tmp_path / "weir.yaml", {}), None, runtime(), queue
        )
    queue.close()
    (problem,) = raised.value.problems
    assert problem.line == 9
    assert problem.message == (
        "facades.web.contract.exclude: no element of the graph has the tag"
        " \"interal\"; did you mean 'internal'?"
    )
