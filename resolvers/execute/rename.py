"""Put values that a subgraph was asked for under another key where they belong."""

from collections.abc import Sequence

from resolvers.execute.collect import collect
from resolvers.json_types import JSONObject
from resolvers.plan.nodes import Rename


def rename(source: JSONObject, renames: Sequence[Rename]) -> None:
    """Apply `renames` to a reply's data (or to one entity), in place."""
    for each in renames:
        for value in collect(source, each.path):
            if each.sent in value and (
                not each.types or value.get("__typename") in each.types
            ):
                value[each.key] = value.pop(each.sent)
