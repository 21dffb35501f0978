"""`@listSize` on a field whose type, or whose `sizedFields`, are lists."""

import pytest

from tests.support.outcomes import codes_of
from weir.schema import Code

SDL = (
    "type Query { f: %s @listSize(assumedSize: 3, sizedFields: %s) }"
    " interface I { x: [Int] y: Int } type A implements I { x: [Int] y: Int }"
    " union U = A enum E { A }"
)


@pytest.mark.parametrize("of_type", ["A", "A!", "[A]", "[A!]!", "I", "[I]"])
@pytest.mark.parametrize(
    ("sized", "codes"),
    [
        ('["x"]', []),
        ('["y"]', [Code.LIST_SIZE_APPLIED_TO_NON_LIST]),
        ('["missing"]', [Code.LIST_SIZE_INVALID_SIZED_FIELD]),
    ],
)
def test_a_sized_field_is_a_list_of_the_composite_type(
    of_type: str, sized: str, codes: list[Code]
) -> None:
    assert codes_of({"a": SDL % (of_type, sized)}) == codes


@pytest.mark.parametrize("of_type", ["U", "[U]", "Int", "[Int]", "E", "[E]"])
def test_a_type_without_fields_has_no_sized_ones(of_type: str) -> None:
    codes = codes_of({"a": SDL % (of_type, '["x"]')})

    assert codes == [Code.LIST_SIZE_INVALID_SIZED_FIELD]


@pytest.mark.parametrize("of_type", ["A", "[A]", "[Int!]"])
def test_without_sized_fields_the_field_is_a_list(of_type: str) -> None:
    codes = codes_of({"a": SDL % (of_type, "[]")})

    is_list = of_type.startswith("[")
    assert codes == ([] if is_list else [Code.LIST_SIZE_APPLIED_TO_NON_LIST])
