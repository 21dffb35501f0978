"""Templates of bodies: what they write, and what they cannot do."""

from typing import Any

import pytest

from weir.gateway.routes.bodies.errors import BodyError
from weir.gateway.routes.transformation.template import (
    BodyTemplate,
    InvalidBodyTemplate,
)

NAMES = frozenset({"body", "claims"})
BODY = {
    "name": 'Ada "A" <b>',
    "items": [{"id": 1, "price": 2}, {"id": 2, "price": 3}],
    "nothing": None,
    "yes": True,
}


def rendered(text: str, body: Any = BODY, **options: bool) -> str:
    template = BodyTemplate(text, NAMES, 100_000, **options)
    return template.render({"body": body, "claims": {}}).decode()


@pytest.mark.parametrize(
    ("text", "written"),
    [
        ('{"a": {{ body.name }}}', r'{"a": "Ada \"A\" <b>"}'),
        ("[{% for i in body.items %}{{ i.id }}{{ ',' if not loop.last else '' }}"
         "{% endfor %}]", '[1","2""]'),
        ("{{ body.items }}", '[{"id":1,"price":2},{"id":2,"price":3}]'),
        ("{{ body.nothing }}", "null"),
        ("{{ body.missing | default(1) }}", "1"),
        ('{{ "a-" ~ body.items[0].id }}', '"a-1"'),
        ('{{ body.items | sum(attribute="price") }}', "5"),
    ],
)  # fmt: skip
def test_an_expression_writes_a_json_value(text: str, written: str) -> None:
    assert rendered(text, writes_json=True) == written


@pytest.mark.parametrize(
    ("text", "written"),
    [
        ("<a>{{ body.name }}</a>", "<a>Ada &#34;A&#34; &lt;b&gt;</a>"),
        ("{{ body.nothing }}{{ body.yes }}{{ 1.5 }}", "true1.5"),
        ("{{ body.name | upper | length }}", "11"),
        ("{{ 'x' if body.items is sequence and 1 in [1, 2] else 'y' }}", "x"),
    ],
)
def test_a_text_is_escaped(text: str, written: str) -> None:
    assert rendered(text, escapes=True) == written


@pytest.mark.parametrize(
    "text",
    [
        "{{ range(10) }}",
        "{{ body.name.upper() }}",
        "{{ body.items | tojson }}",
        "{{ body.items | map('upper') }}",
        "{% macro f() %}{% endmacro %}",
        "{% include 'x' %}",
        "{% import 'x' as y %}",
        "{% extends 'x' %}",
        "{% block x %}{% endblock %}",
        "{% for a in body recursive %}{{ loop(a) }}{% endfor %}",
        "{% set x %}a{% endset %}",
        "{% filter upper %}a{% endfilter %}",
        "{% call f() %}{% endcall %}",
        "{{ 2 ** 9999999 }}",
        "{{ body.x | join(*body.y) }}",
        "{{ unknown }}",
        "{{ _budget }}",
        "{{ body | _counted }}",
        "{{ body",
        "{% if %}",
        "{{" + "(" * 5000 + "1" + ")" * 5000 + "}}",
        "{% for a in body %}" * 30 + "{% endfor %}" * 30,
        "{% if body %}" * 120 + "{% endif %}" * 120,
    ],
)
def test_what_a_template_may_not_have_is_rejected_at_load(text: str) -> None:
    with pytest.raises(InvalidBodyTemplate):
        BodyTemplate(text, NAMES, 1000)


def test_a_mistake_is_named_with_its_line() -> None:
    with pytest.raises(InvalidBodyTemplate, match="line 2: unknown filter 'tojson'"):
        BodyTemplate("a\n{{ body | tojson }}", NAMES, 1000)


LONG = {"items": [*range(20_000)], "text": "x" * 100_000}


@pytest.mark.parametrize(
    "text",
    [
        "{{ body.missing }}",
        "{{ body.__class__ }}",
        "{{ body.name.__class__ }}",
        "{% for x in body.items %}{{ loop.__class__ }}{% endfor %}",
        "{{ 1 / 0 }}",
        "{{ body.text * 1000000 }}",
        "{{ '%1000000000d' % 1 }}",
        "{{ body.items + body.items }}",
        "{{ body.items[0] * 99999999999999999 }}",
        "{{ body.items ~ 1 }}",
        "{{ body.items }}",
        "{% for a in body.items %}{% for b in body.items %}{% endfor %}{% endfor %}",
        "{% for a in body.items if a < 0 %}{% for b in body.items %}{% endfor %}"
        "{% else %}{% for b in body.items %}{{ body.text }}{% endfor %}{% endfor %}",
        "{% for a in body.items %}{{ body.items | sort | first }}{% endfor %}",
        "{% for a in body.items %}{{ body.items | join(body.text) }}{% endfor %}",
        "{% set x = body.text %}" + "{% set x = x ~ x %}" * 60 + "{{ x | length }}",
        "{% set x = body.text %}" + "{% set x = x + x %}" * 60 + "{{ x | length }}",
        "{% for a in body.items %}{% if 'yy' in body.text %}{% endif %}"
        "{% for b in body.items %}{% endfor %}{% endfor %}",
        "x" * 100_001,
        "{% for a in body.items %}{{ body.text }}{% endfor %}",
        "{{ [[1], [2]] | sum }}",
    ],
)
def test_a_template_that_fails_loops_or_explodes_is_stopped(text: str) -> None:
    with pytest.raises(BodyError, match="the template"):
        rendered(text, LONG)
