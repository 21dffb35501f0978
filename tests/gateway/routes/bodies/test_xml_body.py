"""Bodies in XML: values in both directions, and hostile documents."""

from contextlib import suppress
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from weir.gateway.routes.bodies.errors import BodyError
from weir.gateway.routes.bodies.xml_body import XmlBody, XmlLimits

BODY = XmlBody()
HEAD = '<?xml version="1.0" encoding="utf-8"?>\n'


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("<a/>", {"a": None}),
        ("<a>x</a>", {"a": "x"}),
        ("<a><b>1</b><b>2</b></a>", {"a": {"b": ["1", "2"]}}),
        ('<a id="7">x</a>', {"a": {"@id": "7", "#text": "x"}}),
        ("<a><![CDATA[<b>]]></a>", {"a": "<b>"}),
        ("<a>&lt;&#228;</a>", {"a": "<ä"}),
        ("<s:a xmlns:s='u'><s:b>1</s:b></s:a>", {"s:a": {"@xmlns:s": "u", "s:b": "1"}}),
        ('<?xml version="1.0" encoding="iso-8859-1"?><a>\xe4</a>', {"a": "ä"}),
    ],
)
def test_a_document_is_decoded(text: str, value: Any) -> None:
    assert BODY.decode(text.encode("latin-1")) == value


def test_named_elements_are_always_lists() -> None:
    body = XmlBody(lists=["b"])

    assert body.decode(b"<a><b>1</b></a>") == {"a": {"b": ["1"]}}


BOMB = (
    '<!DOCTYPE a [<!ENTITY x "lol">'
    + "".join(f'<!ENTITY x{n} "{"&x;" * 10}">' for n in range(9))
    + "]><a>&x8;</a>"
)


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        (BOMB, "document type"),
        ('<!DOCTYPE a SYSTEM "file:///etc/passwd"><a/>', "document type"),
        ('<!DOCTYPE a [<!ENTITY x SYSTEM "file:///etc/passwd">]><a>&x;</a>',
         "document type"),
        ("<!DOCTYPE a><a/>", "document type"),
        ("<a>&undefined;</a>", "not XML"),
        ("<a>" * 65 + "</a>" * 65, "more than 64 levels"),
        ("<a>" + "<b/>" * 60_000 + "</a>", "more than 20000 elements"),
        ("<a " + " ".join(f'x{n}=""' for n in range(65)) + "/>", "64 attributes"),
        ("<a", "not XML"),
        ("", "not XML"),
        ("<a/><b/>", "not XML"),
        ("<a>\0</a>", "not XML"),
        ('<?xml version="1.0" encoding="nonsense"?><a/>', "not XML"),
        ('<?xml version="1.0" encoding="utf-7"?><a/>', "not XML"),
        ('<?xml version="1.0" encoding="undefined"?><a/>', "not XML"),
        ("<a>" * 100_000, "more than 64 levels"),
    ],
)  # fmt: skip
def test_a_hostile_document_is_rejected(text: str, reason: str) -> None:
    with pytest.raises(BodyError, match=reason):
        BODY.decode(text.encode())


@pytest.mark.parametrize(
    ("value", "text"),
    [
        ({"a": None}, "<a></a>"),
        ({"a": {"b": [1, True, "x"]}}, "<a><b>1</b><b>true</b><b>x</b></a>"),
        ({"a": {"@id": 7, "#text": "x<y"}}, '<a id="7">x&lt;y</a>'),
        ({"a": 1, "b": 2}, "<root><a>1</a><b>2</b></root>"),
        ([1, 2], "<root><item>1</item><item>2</item></root>"),
        ({"a": [1, 2]}, "<root><a>1</a><a>2</a></root>"),
        ("x", "<root>x</root>"),
        ({}, "<root></root>"),
    ],
)
def test_a_value_is_encoded(value: Any, text: str) -> None:
    assert BODY.encode(value).decode() == HEAD + text


@pytest.mark.parametrize(
    ("value", "reason"),
    [
        ({"a b": 1}, "is not the name"),
        ({"a": {"1": 1}}, "is not the name"),
        ({"a": {"x><script": 1}}, "is not the name"),
        ({"a": {"": 1}}, "is not the name"),
        ({"a": {"#comment": "-->"}}, "is not the name"),
        ({"a": {"@x y": 1}}, "is not the name"),
        ({"a": {"@x": {"y": 1}}}, "is not a text"),
        ({"a": {"#text": [1]}}, "is not a text"),
        ({"a": {"b": [[1]]}}, "no lists of lists"),
        ({"a": "\x01"}, "control character"),
        ({"a": "\ud800"}, "control character"),
    ],
)
def test_a_value_that_xml_does_not_have_is_rejected(value: Any, reason: str) -> None:
    with pytest.raises(BodyError, match=reason):
        BODY.encode(value)


def test_a_deep_value_is_rejected_without_recursion() -> None:
    value: Any = 1
    for _ in range(1000):
        value = {"a": value}

    with pytest.raises(BodyError, match="levels"):
        BODY.encode(value)


NAMES = st.sampled_from(["a", "b", "c-d", "e.f"])
TEXTS = st.text(
    st.characters(codec="utf-8", exclude_categories=["Cc", "Cs", "Cn"]), min_size=1
).filter(lambda text: text.strip() == text)
VALUES = st.recursive(
    TEXTS, lambda below: st.dictionaries(NAMES, below, min_size=1, max_size=3)
)


@given(NAMES, VALUES)
def test_what_is_encoded_is_decoded_again(name: str, value: Any) -> None:
    assert BODY.decode(BODY.encode({name: value})) == {name: value}


@given(st.binary(max_size=200))
def test_any_bytes_are_decoded_or_rejected(body: bytes) -> None:
    with suppress(BodyError):
        BODY.decode(body)


def test_the_limits_are_those_of_the_format() -> None:
    body = XmlBody(limits=XmlLimits(depth=2))

    assert body.decode(b"<a><b/></a>") == {"a": {"b": None}}
    with pytest.raises(BodyError):
        body.decode(b"<a><b><c/></b></a>")
