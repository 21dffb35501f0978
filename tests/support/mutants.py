"""Breaks SDL at random: characters, tokens and whole definitions."""

import random
import re

TOKENS = re.compile(r'"""(?:.|\n)*?"""|"[^"\n]*"|[A-Za-z_]\w*|\.\.\.|\s+|.', re.DOTALL)
NOISE = (
    "{", "}", "(", ")", "[", "]", "!", "@", ":", "|", "&", "=", "$", '"', '"""', "#",
    "extend", "type", "interface", "union", "enum", "input", "scalar", "directive",
    "schema", "on", "implements", "repeatable", "null", "true", "-1", "1e9", "\u2028",
    "\x00", "\ud83d\ude00", "Query", "ID", '@key(fields: "id")', "@external",
    '@requires(fields: "{")', '@provides(fields: "... on X { y }")', "@shareable",
    '@override(from: "a", label: "percent(x)")', "@inaccessible", "@interfaceObject",
    '@link(url: "https://specs.apollo.dev/federation/v2.9")', "@tag(name: 1)",
    '@fromContext(field: "$c { a { b } }")', '@context(name: "c")',
)  # fmt: skip

ROUGH = 0.1
"""The share of changes that usually leave no valid syntax."""


def mutated(sdl: str, rng: random.Random, changes: int) -> str:
    """Apply some changes to the tokens of a document."""
    tokens = TOKENS.findall(sdl)
    for _ in range(changes):
        if not tokens:
            break
        kinds = MUTATIONS if rng.random() < ROUGH else GENTLE
        rng.choice(kinds)(tokens, rng)
    return "".join(tokens)


def _drop(tokens: list[str], rng: random.Random) -> None:
    del tokens[rng.randrange(len(tokens))]


def _insert(tokens: list[str], rng: random.Random) -> None:
    tokens.insert(rng.randrange(len(tokens) + 1), rng.choice(NOISE))


def _replace(tokens: list[str], rng: random.Random) -> None:
    tokens[rng.randrange(len(tokens))] = rng.choice(NOISE)


def _copy(tokens: list[str], rng: random.Random) -> None:
    start = rng.randrange(len(tokens))
    piece = tokens[start : start + rng.randint(1, 30)]
    where = rng.randrange(len(tokens) + 1)
    tokens[where:where] = piece


def _swap(tokens: list[str], rng: random.Random) -> None:
    one, other = rng.randrange(len(tokens)), rng.randrange(len(tokens))
    tokens[one], tokens[other] = tokens[other], tokens[one]


def _cut(tokens: list[str], rng: random.Random) -> None:
    start = rng.randrange(len(tokens))
    del tokens[start : start + rng.randint(1, 20)]


def _rename(tokens: list[str], rng: random.Random) -> None:
    """Another name of the document, or another string: still valid syntax."""
    places = [n for n, token in enumerate(tokens) if token[:1].isalpha()]
    _exchange(tokens, rng, places)


def _restring(tokens: list[str], rng: random.Random) -> None:
    places = [n for n, token in enumerate(tokens) if token.startswith('"')]
    _exchange(tokens, rng, places)


def _exchange(tokens: list[str], rng: random.Random, places: list[int]) -> None:
    if places:
        tokens[rng.choice(places)] = tokens[rng.choice(places)]


def _apply(tokens: list[str], rng: random.Random) -> None:
    """A directive where one may stand: after a name or a bracket."""
    places = [n for n, token in enumerate(tokens) if token.strip() == ""]
    if places:
        directives = [each for each in NOISE if each.startswith("@") and len(each) > 1]
        tokens.insert(rng.choice(places), f" {rng.choice(directives)} ")


GENTLE = (_rename, _rename, _restring, _apply)
MUTATIONS = (_drop, _insert, _replace, _copy, _swap, _cut)
