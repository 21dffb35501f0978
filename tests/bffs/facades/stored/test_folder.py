"""Stored operations: what a folder of documents may hold, and what it may not."""

from pathlib import Path

import pytest

from weir.bffs.config.errors import ConfigError
from weir.bffs.config.model.identity import AccessSection
from weir.bffs.config.model.position import Position
from weir.bffs.facades.stored.folder import load_operations
from weir.bffs.facades.stored.param_directive import ParameterStyle

REST = '@rest(path: "/a")'


def write(folder: Path, **files: str) -> None:
    for name, text in files.items():
        (folder / f"{name}.graphql").write_text(text)


def test_rest_bindings_are_read_and_stripped(tmp_path: Path) -> None:
    write(tmp_path, a='query T($id: ID!) @rest(path: "/t/{id}") { t(id: $id) { id } }')

    (operation,) = load_operations(tmp_path)

    (bound,) = operation.bindings
    assert str(bound) == "GET /t/{id}"
    assert bound.template.parameters == ("id",)
    assert (bound.place.line, bound.place.column) == (1, 19)
    assert "@rest" not in operation.text


def test_an_access_rule_is_read_and_stripped(tmp_path: Path) -> None:
    write(
        tmp_path,
        a='query A @access(scopes: [["a", "b"], ["c"]], roles: "r") { t { id } }',
        b="query B { t { id } }",
    )

    restricted, open_ = load_operations(tmp_path)

    assert restricted.access is not None
    assert restricted.access.section == AccessSection(
        scopes=[["a", "b"], ["c"]], roles=["r"]
    )
    assert restricted.access.place == Position(1, 9)
    assert "@access" not in restricted.text
    assert open_.access is None


def test_a_declaration_differs_in_what_a_document_does_not_show(tmp_path: Path) -> None:
    write(
        tmp_path,
        a='query A @access(roles: "r") @rest(path: "/a") { t { id } }',
    )
    (one,) = load_operations(tmp_path)
    write(tmp_path, a='query A @access(roles: "s") @rest(path: "/a") { t { id } }')
    (other,) = load_operations(tmp_path)
    write(tmp_path, a='query A @access(roles: "s") @rest(path: "/b") { t { id } }')
    (third,) = load_operations(tmp_path)

    assert one.text == other.text == third.text
    assert len({one.declaration, other.declaration, third.declaration}) == 3


def test_the_places_of_variables_are_read_and_stripped(tmp_path: Path) -> None:
    write(
        tmp_path,
        a='query A($v: [ID] @param(style: COMMA), $w: ID) @rest(path: "/a") { t }',
    )

    (operation,) = load_operations(tmp_path)

    (declared,) = operation.parameters.values()
    assert declared.style is ParameterStyle.COMMA
    assert declared.position == Position(1, 18)
    assert operation.text == "query A($v: [ID], $w: ID) {\n  t\n}"
    assert "comma" in operation.declaration.lower()


def test_operations_share_the_fragments_of_their_folder(tmp_path: Path) -> None:
    write(tmp_path, a="query B { t { ...F } } query A { t { id } }")
    write(tmp_path, f="fragment F on T { ...G } fragment G on T { id }")

    first, second = load_operations(tmp_path)

    assert (first.name, second.name) == ("A", "B")
    assert "fragment" not in first.text
    assert second.text.count("fragment") == 2


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("query A { t", r"a.graphql:1:12: Syntax Error: Expected Name, found <EOF>"),
        ("{ t }", r"a.graphql:1:1: a stored operation needs a name"),
        ("subscription S { s }", r"1:1: a subscription cannot be stored"),
        ("query A { t } query A { t }", r'1:15: there is an operation "A" in'),
        ("query A { ...F }", r'1:11: there is no fragment "F" in this folder'),
        (
            "fragment F on T { a } fragment F on T { a }",
            r'1:23: there is a fragment "F" already',
        ),
        (
            'query A @rest(pth: "/a") { t }',
            r'1:15: @rest has no argument "pth"; it has method, path',
        ),
        (
            'query A @access(scope: "a") { t }',
            r'1:17: @access has no argument "scope"; it has authenticated, scopes',
        ),
        ("query A @access { t }", r"1:9: @access without a requirement would admit"),
        (
            "query A @access(scopes: [[]]) { t }",
            r"1:9: @access: .*a set without a scope would admit all callers",
        ),
        (
            'query A @access(roles: "a") @access(roles: "b") { t }',
            r"1:29: @access can be used once",
        ),
        ("query A @access(roles: 1) { t }", r"1:24: Argument 'roles' has invalid"),
        ("query A @rest { t }", r"1:9: Argument 'path' of required type 'String!'"),
        (
            'query A @rest(method: FETCH, path: "/a") { t }',
            r"1:23: Argument 'method' has invalid value: Value 'FETCH' does not exist",
        ),
        (
            'query A($b: ID) @rest(path: "/a/{id}") { t }',
            r"1:17: \{id\} is not a variable of the operation; it has \$b",
        ),
        (
            'mutation A @rest(path: "/a") { t }',
            r"1:12: a mutation cannot be bound to GET",
        ),
        *(
            (f'query A @rest(path: "/a", {argument}) {{ t }}', f"1:9: .*{expected}")
            for argument, expected in (
                ("status: 500", r"@rest\(status:\): expected one of 200, 201, 202"),
                ("status: 201", r"@rest\(status:\): GET returns its data with 200"),
                ('cache: "max-age"', r"@rest\(cache:\): `max-age` needs seconds"),
                ('cache: "public"', r"services decide whether a response is `public`"),
                ('cache: "private"', r"expected `max-age`, `s-maxage`, `no-cache`"),
                ('cache: "max-age=1,x"', r'no directive "x"; there are: max-age,'),
                ('cache: "no-store,no-store"', r"`no-store` is given twice"),
                ('cache: "no-store", method: POST', r"caches store no responses to PO"),
                ('sunset: "2026"', r"@rest: `sunset` must be a day such as"),
            )
        ),
        *(
            (f"query A($v: ID {param}) {rest} {{ t }}", f"1:{place}: {expected}")
            for param, rest, place, expected in (
                ("@param", "", 16, "@param: it has no effect without @rest"),
                ("@param(at: X)", REST, 23, '@param has no argument "at"; it has in'),
                ("@param @param", REST, 23, "@param can be used once"),
                ("@param(in: X)", REST, 27, "Argument 'in' has invalid value"),
                (
                    "@param",
                    '@rest(path: "/{v}")',
                    16,
                    r"@param: \$v is a part of the path of GET /\{v\}",
                ),
                ("@param(in: BODY)", REST, 16, "@param: GET /a takes no body"),
                ("@param(in: HEADER)", REST, 16, ".*needs the name of a header field"),
                (
                    '@param(in: HEADER, name: "Cookie")',
                    REST,
                    16,
                    '@param: the header field "Cookie" has a meaning of its own',
                ),
                ('@param(name: "a")', REST, 16, "@param: `name` is only used with"),
                (
                    '@param(in: HEADER, name: "a", style: COMMA)',
                    REST,
                    16,
                    "@param: `style` is only used with `in: QUERY`",
                ),
            )
        ),
        (
            "query A($v: I @param(in: BODY), $w: I @param(in: BODY))"
            ' @rest(method: POST, path: "/a") { t }',
            "1:39: @param: another variable is the whole body already",
        ),
        (
            'query A($x: ID) @rest(path: "/{x}") { t }'
            'query B($y: ID) @rest(path: "/{y}") { t }',
            r'1:58: GET /\{y\} is an endpoint of "A" already: GET /\{x\}\n'
            r".*a.graphql:1:17: GET /\{x\} is bound here",
        ),
    ],
)
def test_problems_are_reported_with_their_line(
    tmp_path: Path, text: str, expected: str
) -> None:
    write(tmp_path, a=text)

    with pytest.raises(ConfigError, match=expected):
        load_operations(tmp_path)


@pytest.mark.parametrize(
    ("path", "reason"),
    [
        ("", 'it must begin with "/": write "/"'),
        ("a", 'it must begin with "/": write "/a"'),
        ("/a/", 'it has an empty segment: "/a/"'),
        ("/a//b", 'it has an empty segment: "/a//b"'),
        ("//", 'it has an empty segment: "//"'),
        ("/i?id={id}", "'i?id={id}': a query is not a part of a path: leave it out"),
        ("/a#b", "'a#b': a fragment is not a part of a path: leave it out"),
        ("/a%20b", "'a%20b': it is compared after decoding: write it decoded"),
        ("/a/../b", "'..': clients remove dot segments before they send"),
        ("/t/{id}/{id}", "{id} is used twice: one of its values would be lost"),
        ("/t/{id}.json", "'{id}.json': a parameter is a whole segment: {name}"),
        ("/t/{}", "'{}': a parameter is a whole segment: {name}"),
        ("/t/x}", "'x}': a parameter is a whole segment: {name}"),
        ("/a\\tb", "'a\\tb': it has a character that is not printable"),
    ],
)
def test_a_path_that_no_request_can_have_is_refused_with_the_reason(
    tmp_path: Path, path: str, reason: str
) -> None:
    write(tmp_path, a=f'query A($id: ID) @rest(path: "{path}") {{ t(id: $id) }}')

    with pytest.raises(ConfigError) as caught:
        load_operations(tmp_path)

    file = tmp_path / "a.graphql"
    assert str(caught.value) == f"{file}:1:18: @rest(path:): {reason}"


def test_a_missing_folder_is_named(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="nowhere: no such folder"):
        load_operations(tmp_path / "nowhere")


def test_a_file_that_is_not_utf_8_is_named(tmp_path: Path) -> None:
    (tmp_path / "a.graphql").write_bytes(b"query A { a } # \xff")

    with pytest.raises(ConfigError, match=r"a\.graphql: cannot be read: it is not UTF"):
        load_operations(tmp_path)


def test_a_folder_with_the_name_of_a_file_is_named(tmp_path: Path) -> None:
    (tmp_path / "a.graphql").mkdir()

    with pytest.raises(ConfigError, match=r"a\.graphql: cannot be read: Is a direct"):
        load_operations(tmp_path)
