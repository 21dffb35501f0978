"""The join of a part's items with the items of another part, by a key."""

from collections import defaultdict
from collections.abc import Mapping

import orjson

from weir.gateway.json_types import JSONValue, is_list, is_object
from weir.gateway.routes.aggregation.budget import ByteBudget
from weir.gateway.routes.aggregation.encoding import encoded
from weir.gateway.routes.aggregation.part import Join
from weir.gateway.routes.json_rules.path import value_at, values_at
from weir.gateway.routes.json_rules.rules import CompiledRules
from weir.gateway.routes.request_values import text_of


def join_items(
    items: JSONValue,
    target: JSONValue,
    join: Join,
    rules: CompiledRules,
    budget: ByteBudget,
) -> None:
    """Put `items`, changed by `rules`, into the items of `target`.

    A key that no item has gives null, or with `many` an empty list. Keys are compared
    as texts, so that 7 is "7". Raise AggregateTooLarge, as an item may be used often,
    and PartMalformed for one that is nested too deeply.
    """
    by_key = _by_key(items, join, rules)
    for each in values_at(target, join.to.parts):
        if is_object(each):
            key = text_of(value_at(each, join.by))
            found = by_key.get(key) if key is not None else None
            if found is None:
                each[join.name] = [] if join.many and is_list(items) else None
            else:
                each[join.name] = found.next(budget)


class _Joined:
    """The value that belongs to a key; a copy of it for each use but the first.

    Values are changed in place by the rules of the part that they are joined to.
    """

    __slots__ = ("_encoded", "_value")

    def __init__(self, value: JSONValue) -> None:
        self._value = value
        self._encoded = b""

    def next(self, budget: ByteBudget) -> JSONValue:
        if not self._encoded:
            self._encoded = encoded(self._value)
            return self._value
        budget.take(len(self._encoded))
        return orjson.loads(self._encoded)


def _by_key(
    items: JSONValue, join: Join, rules: CompiledRules
) -> Mapping[bytes, _Joined]:
    found: defaultdict[bytes, list[JSONValue]] = defaultdict(list)
    for item in items if is_list(items) else ():
        key = text_of(value_at(item, join.key))
        if key is not None:
            found[key].append(rules.changed(item))
    return {
        key: _Joined(values if join.many else values[0])
        for key, values in found.items()
    }
