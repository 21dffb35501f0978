import gc
from copy import copy

from tests.support.executing import executable, fetch
from tests.support.growth import LINEAR, Sizes, opcode_growth_exponent
from weir.resolvers.engine.plan_cache import PlanCache, PlanMemory
from weir.resolvers.execute.compiled.code import Code


def cached(cache: PlanCache[str, str], keys: str) -> str:
    return "".join(key for key in keys if cache.get(key))


def test_the_least_recently_used_is_evicted_beyond_the_memory() -> None:
    cache = PlanCache[str, str](PlanMemory(20))
    cache.put("a", "A", 10)
    cache.put("b", "B", 10)
    cache.get("a")
    cache.put("c", "C", 10)

    assert cached(cache, "abc") == "ac"
    assert len(cache) == 2


def test_a_replaced_value_counts_once() -> None:
    cache = PlanCache[str, str](PlanMemory(20))
    cache.put("a", "A", 10)
    cache.put("a", "B", 12)

    assert (cache.get("a"), cache.used) == ("B", 12)


def test_a_value_beyond_the_whole_memory_is_not_cached() -> None:
    memory = PlanMemory(20)
    cache = PlanCache[str, str](memory)
    cache.put("a", "A", 21)

    assert (cache.get("a"), memory.used) == (None, 0)


def test_the_largest_cache_makes_room_for_the_others() -> None:
    memory = PlanMemory(100)
    small, large = PlanCache[str, str](memory), PlanCache[str, str](memory)
    small.put("a", "A", 10)
    for key in "abcdefghijklm":
        large.put(key, key, 10)
    small.put("b", "B", 10)

    assert cached(small, "ab") == "ab"
    assert cached(large, "abcdefghijklm") == "fghijklm"
    assert memory.used == 100


def test_a_cache_that_is_gone_takes_no_memory() -> None:
    memory = PlanMemory(100)
    cache = PlanCache[str, str](memory)
    cache.put("a", "A", 10)
    copy = PlanCache[str, str](memory)
    copy.fill_from(cache, str.lower)
    del cache
    gc.collect()

    assert (copy.get("a"), memory.used) == ("a", 10)


def test_room_for_many_plans_is_made_in_linear_time() -> None:
    plan = executable("type Query { a: Int }", "{ a }", fetch(1, "a", "{ a }"))
    plan.code.size_bytes = 1

    def full(count: int) -> tuple[PlanMemory, list[Code]]:
        memory, codes = PlanMemory(count), [copy(plan.code) for _ in range(count)]
        for each in codes:
            memory.add_code(each)
        return memory, codes

    def fill(full: tuple[PlanMemory, list[Code]]) -> None:
        memory, codes = full
        PlanCache[str, str](memory).put("large", "value", len(codes))
        assert not any(each.size_bytes for each in codes)

    sizes = Sizes(smallest=16, doublings=4)

    assert opcode_growth_exponent(fill, full, sizes) <= LINEAR
