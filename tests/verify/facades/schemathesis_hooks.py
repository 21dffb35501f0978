"""Hooks of Schemathesis for one deviation from a description.

By GraphQL §3.11, one item stands for a list with this item. A description shows lists
only, so that clients send lists. So `{"tags": "a"}` is accepted without a description.
"""

from typing import Any

import schemathesis


@schemathesis.hook  # type: ignore[untyped-decorator]
def filter_case(context: Any, case: Any) -> bool:  # noqa: ARG001 - a hook
    body = case.body
    return not isinstance(body, dict) or isinstance(body.get("tags"), list | None)
