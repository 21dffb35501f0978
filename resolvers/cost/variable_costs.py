"""The costs that depend on the variables of one request.

Fields of several types of objects, and large variables in several arguments, are met
again and again on the way through an operation. So each of their costs is computed
once.
"""

from collections.abc import Callable, Hashable
from dataclasses import dataclass, field

from weir.gateway.json_types import JSONObject
from weir.resolvers.operation.work import WorkBudget


@dataclass(frozen=True, slots=True)
class VariableCosts:
    """The variables of a request, and the costs that are known for them.

    `work` can stop the computation in a thread.
    """

    variables: JSONObject
    work: WorkBudget = field(default_factory=WorkBudget)
    _known: dict[Hashable, int] = field(default_factory=dict[Hashable, int])

    def once(self, key: Hashable, compute: Callable[["VariableCosts"], int]) -> int:
        """Return the cost with this key, which is computed for the first caller.

        Raises `Cancelled`.
        """
        known = self._known.get(key)
        if known is None:
            self.work.check()
            known = self._known[key] = compute(self)
        return known
