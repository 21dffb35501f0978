"""References within a document, and schemas that refer to themselves."""

import re
from typing import Any

import pytest

from weir.gateway.json_types import JSONObject, JSONValue
from weir.gateway.routes.validation.references import InvalidDocument, References
from weir.gateway.routes.validation.schema import Schemas

CHAIN: JSONObject = {str(n): {"$ref": f"#/{n + 1}"} for n in range(33)} | {"33": {}}
SELF: JSONObject = {"$ref": "#/schema"}


def test_references_are_followed_up_to_a_limit() -> None:
    references = References(CHAIN)
    assert references.resolved("/1", CHAIN["1"]) == ("/33", {})

    with pytest.raises(
        InvalidDocument, match=r"^/32: more than 32 references in a row"
    ):
        references.resolved("/0", CHAIN["0"])


@pytest.mark.parametrize("names", ["a", "ab", "abc"])
def test_circular_references_are_an_error(names: str) -> None:
    pairs = zip(names, names[1:] + names[:1], strict=True)
    document: JSONObject = {name: {"$ref": f"#/{target}"} for name, target in pairs}

    message = f"/{names[0]}: the reference '#/{(names * 2)[1]}' is circular"
    with pytest.raises(InvalidDocument, match=re.escape(message)):
        References(document).resolved("/a", document["a"])


@pytest.mark.parametrize(
    ("schema", "valid", "invalid"),
    [
        ({"allOf": [SELF]}, [5, {}], []),
        ({"not": SELF}, [5, {}], []),
        ({"allOf": [SELF, {"required": ["x"]}]}, [5, {"x": 1}], [{}]),
        ({"type": "object", "oneOf": [{"allOf": [SELF]}]}, [{}], [5]),
    ],
)
@pytest.mark.parametrize("is_draft4", [False, True])
def test_a_schema_that_contains_itself_ends_and_validates_the_rest(
    schema: Any,
    valid: list[JSONValue],
    invalid: list[JSONValue],
    is_draft4: bool,  # noqa: FBT001
) -> None:
    compiled = Schemas({"schema": schema}, is_draft4=is_draft4).compiled("/schema")

    assert [each for each in valid if compiled.violations(each, "body")] == []
    assert [each for each in invalid if not compiled.violations(each, "body")] == []
