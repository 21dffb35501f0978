"""The vocabulary check finds banned phrases in the texts that people read."""

import runpy
from pathlib import Path

import pytest

from tests.support.demo import ROOT

SCRIPT = runpy.run_path(str(ROOT / "scripts" / "vocabulary.py"))


def found(folder: Path, name: str, text: str) -> list[str]:
    file = folder / name
    file.write_text(text)
    return [each.removeprefix(f"{file}:") for each in SCRIPT["findings"](file)]


@pytest.mark.parametrize(
    "text",
    [
        "What is off is absent.",
        "It stops. Whoever waits is cancelled.",
        "The value is none of the known ones.",
        "This is no subgraph.",
        "Nobody waits for it.",
        "The service was asked for its SDL.",
        "The message tells the place.",
        "The header says so.",
        "The answer is stored.",
        "The entry is kept.",
        "The operator mends it.",
        "See RFC 9110 section 5.1.",
    ],
)
def test_each_banned_phrase_is_found(tmp_path: Path, text: str) -> None:
    assert len(found(tmp_path, "page.md", text)) == 1


@pytest.mark.parametrize(
    "text",
    [
        "There is no cache.",
        "What is a façade?",
        "It is no longer used.",
        "Set `fallback.answer` to a response.",
        "```\nasked, told and answered\n```",
        "See RFC 9110 §5.1.",
        "Keep this port private.",
    ],
)
def test_plain_sentences_pass(tmp_path: Path, text: str) -> None:
    assert found(tmp_path, "page.md", text) == []


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ('"""It asks."""\n', 1),
        ('def f():\n    """It asks."""\n', 2),
        ('x = 1\n"""It asks."""\n', 2),
        ("x = 1\n# The first line,\n# which asks\n", 2),
        ('message = f"{x} asks"\n', 1),
        ('f(\n    title="It asks."\n)\n', 2),
    ],
)
def test_python_is_read_where_people_read_it(
    tmp_path: Path, text: str, line: int
) -> None:
    (finding,) = found(tmp_path, "code.py", text)

    assert finding.startswith(f"{line}: ")


def test_code_is_not_prose(tmp_path: Path) -> None:
    assert found(tmp_path, "code.py", 'asks = tell("answer", kept=1)\n') == []
