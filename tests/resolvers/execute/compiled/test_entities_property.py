"""Compiled functions find and represent the objects that the interpreter does."""

import random
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from tests.support.executing import entities, fetch, represent
from weir.gateway.json_types import JSONObject
from weir.resolvers.execute.compiled.compiling import compiled
from weir.resolvers.execute.compiled.entities_source import entities_source
from weir.resolvers.execute.compiled.runtime import NotAsExpected
from weir.resolvers.execute.run.represent import EntityBatch, representer
from weir.resolvers.operation.work import WorkBudget
from weir.resolvers.plan.model.nodes import EntityFetch

KEYS = ("{ a }", "{ a b }", "{ b x: c }", "{ a { b } }")
REQUIRES = ("", "{ c }", "{ c d }", "{ a d }")
TYPES = ("", "T0", "T1", "T0 T1")
PATHS = ("", "l.@", "o.l.@.|T0,T1", "l.@.o", "l.@.l.@", "o", "l.@.|T0.o.l.@")
LEAVES: tuple[Any, ...] = ("1", "2", 1, 2, 1.0, True, None, "", [1], {"x": 1}, 2**70)


def value(rng: random.Random, depth: int = 0) -> Any:
    """Return an object that a path may lead through, or seldom another value."""
    if rng.random() < 0.05 or depth > 5:
        return rng.choice(LEAVES)
    made: dict[str, Any] = {}
    if rng.random() < 0.95:
        made["__typename"] = rng.choice(("T0", "T0", "T1", "T2", None, 3, []))
    for key in "abcd":
        if rng.random() < 0.9:
            made[key] = rng.choice(
                LEAVES if rng.random() < 0.2 else ("1", "2", 1, None)
            )
    made["o"] = value(rng, depth + 1)
    if rng.random() < 0.9:
        items = [value(rng, depth + 1) for _ in range(rng.randrange(5))]
        made["l"] = [*items, [{}]] if rng.random() < 0.02 else items
    return made


def batch_of(own: EntityFetch, root: JSONObject) -> EntityBatch | None:
    """Return the batch of compiled code; None if a part of it is interpreted."""
    made = entities_source([fetch(1, "a", "{ x }", own)])
    (names,) = made.names[0]
    if names is None:
        return None
    code = compiled(made.source, WorkBudget()).functions
    batch: EntityBatch = code[names[1]](code[names[0]](root))
    return batch


def same(one: EntityBatch, other: EntityBatch) -> bool:
    """Return whether batches have the same representations and the same objects."""
    return (
        repr(one.representations) == repr(other.representations)
        and [[*map(id, each)] for each in one.targets]
        == [[*map(id, each)] for each in other.targets]
        and [*map(id, one.gaps)] == [*map(id, other.gaps)]
    )


@settings(max_examples=150, deadline=None, derandomize=True)
@given(
    path=st.sampled_from(PATHS),
    kinds=st.lists(
        st.tuples(*map(st.sampled_from, (TYPES, KEYS, REQUIRES))),
        min_size=1,
        max_size=3,
    ),
    seed=st.integers(0, 2**32),
)
def test_batches_are_the_same_both_ways(
    path: str, kinds: list[tuple[str, str, str]], seed: int
) -> None:
    rng = random.Random(seed)  # noqa: S311 - data, not secrets
    root = value(rng)
    if not isinstance(root, dict):
        return
    own = entities(
        path,
        *(
            represent(types, key, requires, typename=None if types else "T9")
            for types, key, requires in kinds
        ),
    )
    try:
        batch = batch_of(own, root)
    except NotAsExpected:
        return
    if batch is None:
        assert any("{ b }" in key for _, key, _ in kinds)
    else:
        assert same(batch, representer(own).batch_at(root))


def test_required_values_that_look_alike_are_different_entities() -> None:
    own = entities("l.@", represent("", "{ a }", "{ c }", typename="T"))
    values: list[Any] = [1, "1", 1.0, True, 1.5, [1], [1.0], [True], None, {"x": 1}]
    objects: list[Any] = [{"a": "k", "c": each} for each in values * 2]

    batch = batch_of(own, {"l": objects})

    assert batch is not None
    assert [each["c"] for each in batch.representations] == values
    assert same(batch, representer(own).batch_at({"l": objects}))
