"""Checks that text is plain English: `python scripts/vocabulary.py PATH...`.

It reads the docstrings, comments and messages of Python files, and the prose of
Markdown files. Code in backticks and code blocks is skipped. docs/contributing.md has
the reasons for the rules.
"""

import ast
import io
import itertools
import re
import sys
import tokenize
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final


@dataclass(frozen=True, slots=True)
class Rule:
    """A phrase that is banned, and what to write in its place."""

    pattern: re.Pattern[str]
    instead: str


def _rule(pattern: str, instead: str) -> Rule:
    return Rule(re.compile(pattern, re.IGNORECASE), instead)


_SENTENCE: Final = r"(?:^|(?<=[.;:!]\s))"

RULES: Final = (
    _rule(
        _SENTENCE + r"(?:what|who|whoever|whatever|whichever)\b(?![^.;]*\?)",
        "begin with a noun",
    ),
    _rule(r"\b(?<!there )(?:is|are|was|were) (?:none|nobody|nothing)\b", "is not"),
    _rule(r"\b(?<!there )(?:is|are|was|were) no (?!longer|more|less)", "is not a"),
    _rule(
        r"\b(?:nobody|somebody|everybody|nobody's|somebody's)\b", "no client, a client"
    ),
    _rule(r"\b(?:asks?|asked|asking)\b", "call, request or query"),
    _rule(r"\b(?:tells?|told|telling)\b", "report, emit or show"),
    _rule(r"\b(?:says?|said|saying)\b", "report, state or return"),
    _rule(r"\b(?:answers?|answered|answering)\b", "response, respond or return"),
    _rule(r"\bkept\b", "cached, stored, retained or held"),
    _rule(r"\b(?:mend|mends|mended|mending)\b", "fix or restore"),
    _rule(r"\bRFC \d+,? (?:sections? |§ )", "RFC 9110 §5.1"),
)

_CODE: Final = re.compile(r"``.*?``|`[^`]*`|\"[^\"\n]*\"|https?://\S+")
_FENCE: Final = re.compile(r"^ *```.*?^ *```", re.MULTILINE | re.DOTALL)


@dataclass(frozen=True, slots=True)
class Text:
    """A passage, and the line where it begins."""

    line: int
    text: str


def passages(file: Path) -> Iterator[Text]:
    """Yield the texts of a file that people read."""
    source = file.read_text(encoding="utf-8")
    if file.suffix == ".md":
        prose = _FENCE.sub(lambda match: "\n" * match[0].count("\n"), source)
        for number, block in _blocks(prose):
            yield Text(number, block)
    else:
        yield from _docstrings(source)
        yield from _comments(source)
        yield from _messages(source)


def _blocks(prose: str) -> Iterator[tuple[int, str]]:
    """Yield the paragraphs, list items and table cells of Markdown."""
    first, lines = 1, list[str]()
    for number, line in enumerate([*prose.splitlines(), ""], 1):
        begins = re.match(r"\s*(?:[-*|#>]|\d+\.)\s*", line)
        if lines and (begins or not line.strip()):
            yield first, " ".join(lines)
            lines = []
        if line.strip():
            if not lines:
                first = number
            lines.append(line[begins.end() :] if begins else line.strip())


def _docstrings(source: str) -> Iterator[Text]:
    for node in ast.walk(ast.parse(source)):
        if isinstance(
            node, ast.Module | ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef
        ) and (text := ast.get_docstring(node)):
            yield Text(node.body[0].lineno, " ".join(text.split()))
        if isinstance(node, ast.Module | ast.ClassDef):
            yield from _attribute_docstrings(node.body)


def _attribute_docstrings(body: list[ast.stmt]) -> Iterator[Text]:
    """Yield the texts that stand below an assignment."""
    for before, after in itertools.pairwise(body):
        match before, after:
            case (
                ast.AnnAssign() | ast.Assign(),
                ast.Expr(value=ast.Constant(value=str(text))),
            ):
                yield Text(after.lineno, " ".join(text.split()))
            case _:
                pass


def _comments(source: str) -> Iterator[Text]:
    first, last, parts = 0, 0, list[str]()
    for token in tokenize.generate_tokens(io.StringIO(source).readline):
        if token.type == tokenize.COMMENT:
            if parts and token.start[0] != last + 1:
                yield Text(first, " ".join(parts))
                parts = []
            first = first if parts else token.start[0]
            last = token.start[0]
            parts.append(token.string.lstrip("# "))
    if parts:
        yield Text(first, " ".join(parts))


def _messages(source: str) -> Iterator[Text]:
    """Yield the texts that are assigned to, or passed as, a message."""
    for node in ast.walk(ast.parse(source)):
        match node:
            case ast.Assign(targets=[ast.Name(id="message" | "detail")], value=value):
                yield Text(node.lineno, _literal(value))
            case ast.keyword(arg="message" | "detail" | "title" | "help", value=value):
                yield Text(value.lineno, _literal(value))
            case _:
                pass


def _literal(node: ast.expr) -> str:
    parts = (
        str(each.value)
        for each in ast.walk(node)
        if isinstance(each, ast.Constant) and isinstance(each.value, str)
    )
    return " ".join(parts)


def findings(file: Path) -> Iterator[str]:
    """Yield each banned phrase of a file with its place."""
    for passage in passages(file):
        text = _CODE.sub("X", passage.text)
        for rule in RULES:
            for match in rule.pattern.finditer(text):
                context = text[max(0, match.start() - 20) : match.end() + 20]
                yield (
                    f"{file}:{passage.line}: {context.strip()!r}: write {rule.instead}"
                )


def main(arguments: list[str]) -> int:
    """Print the findings in all files; return 1 if there are any."""
    files = [
        file
        for argument in map(Path, arguments)
        for file in ([argument] if argument.is_file() else sorted(argument.rglob("*")))
        if file.suffix in (".py", ".md")
    ]
    found = [finding for file in files for finding in findings(file)]
    print("\n".join(found) or f"{len(files)} files are plain English")
    return int(bool(found))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
