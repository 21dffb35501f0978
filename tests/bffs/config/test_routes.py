"""Plain routes in weir.yaml: each mistake is an error with its line."""

import re

import pytest

from tests.support.routed_gateway import generation_of
from weir.bffs.config.decode import decode_document
from weir.bffs.config.document import read_document
from weir.bffs.config.errors import ConfigError

UPSTREAMS = "upstreams: {users: {instances: [http://h], health: {active: false}}}\n"


def problems(routes: str) -> list[tuple[int | None, str]]:
    document = read_document(f"{UPSTREAMS}routes:\n{routes}", "weir.yaml", {})
    with pytest.raises(ConfigError) as error:
        decode_document(document)
    return [(each.line, each.message) for each in error.value.problems]


def test_regular_expressions_need_a_package(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("weir.bffs.config.policies.routes.find_spec", lambda _: None)

    found = problems('  r: {path: "/{id}", parameters: {id: a}, proxy: users}')

    message = "google-re2 is not installed; run: pip install 'google-re2>=1.1'"
    assert found == [(3, f"routes.r.parameters: {message}")]


@pytest.mark.parametrize(
    ("transport", "switch"),
    [("http2", "websocket: true"), ("httpx", "upgrades: [tcp]")],
)
def test_only_http1_can_switch_protocols(transport: str, switch: str) -> None:
    document = read_document(
        f"upstreams: {{s: {{instances: [https://h], transport: {transport}}}}}\n"
        f"routes:\n  r: {{path: /x, proxy: {{upstream: s, {switch}}}}}\n",
        "weir.yaml",
        {},
    )
    with pytest.raises(ConfigError) as error:
        decode_document(document)

    (problem,) = error.value.problems
    key = switch.partition(":")[0]
    assert problem.line == 3
    assert problem.message == (
        f"routes.r.proxy.{key}: the upstream s has `transport: {transport}`, and only"
        " http1 can switch protocols"
    )


@pytest.mark.parametrize(
    ("route", "message"),
    [
        ("{proxy: users}", "routes.r.path: missing required key"),
        (
            "{path: /x}",
            "exactly one of `proxy`, `versions`, `aggregate`, `redirect` and",
        ),
        (
            "{path: /x, proxy: users, respond: {}}",
            "exactly one of `proxy`, `versions`, `aggregate`, `redirect` and",
        ),
        (
            "{path: /x, proxy: users, validation: {}}",
            "validation: expected either `openapi` or `operation`",
        ),
        (
            "{path: /x, versions: {v1: {proxy: users, validation: {}}}}",
            "validation: expected either `openapi` or `operation`",
        ),
        ("{path: x, proxy: users}", 'it must begin with "/"'),
        ("{path: /a*, proxy: users}", '"*" is only allowed as the last segment'),
        ("{path: /x, proxy: user}", 'unknown upstream "user"; did you mean "users"?'),
        ('{path: /x, proxy: users, hosts: ["a:80"]}', "a host without a port"),
        ("{path: /x, proxy: users, methods: [get]}", "a method in capitals"),
        ("{path: /x, proxy: users, methods: [BREW]}", "no such method; there are:"),
        (
            "{path: /x, proxy: {upstream: users, path: /y/*}}",
            '"/x" has no "*" at its end',
        ),
        (
            '{path: "/x/{id}", proxy: {upstream: users, path: "/{name}"}}',
            'routes.r.proxy.path: "/x/{id}" has no parameter {name}; there are: {id}',
        ),
        (
            '{path: "/x/{id}", parameters: {id: "(?P<a>.)(?P<b>.)"}, proxy: {upstream: '
            'users, path: "/{c}"}}',
            'routes.r.proxy.path: "/x/{id}" has no parameter {c}; there are: {id}, {a},'
            " {b}",
        ),
        (
            '{path: "/{a}/{b}", parameters: {b: "(?P<a>.)"}, proxy: users}',
            "routes.r.parameters.b: another parameter or group has the name 'a'",
        ),
        (
            '{path: "/{a}/{b}", parameters: {a: "(?P<n>.)", b: "(?P<n>.)"}, proxy: '
            "users}",
            "routes.r.parameters.b: another parameter or group has the name 'n'",
        ),
        (
            "{path: /x, proxy: {upstream: users, host: h, preserve_host: true}}",
            "either `host` or `preserve_host`",
        ),
        (
            "{path: /x, proxy: {upstream: users, cache: true}}",
            "routes.r.proxy.cache: it has no effect, as the upstream users has no",
        ),
        (
            '{path: "/x/{id}", parameters: {ids: a}, proxy: users}',
            'routes.r.parameters.ids: unknown parameter "ids"; did you mean "id"?',
        ),
        (
            '{path: "/x/{id}", parameters: {id: "(?=a)"}, proxy: users}',
            "routes.r.parameters.id: invalid perl operator",
        ),
        (
            '{path: "/{id}", parameters: {id: "[^/]{1,1000}[^/]{500}"}, proxy: users}',
            "routes.r.parameters.id: it compiles to 13003 instructions, and 10000 are"
            " allowed",
        ),
        ("{path: /x, proxy: {}}", "expected either `upstream` or `backends`"),
        (
            "{path: /x, proxy: {backends: {a: {upstream: users}}, sticky: plan}}",
            "'plan' is only used in `key` of `rate_limits`",
        ),
        (
            "{path: /x, proxy: {backends: {a: {upstream: users}}, sticky: subject}}",
            "`subject` needs credentials; configure `identity`",
        ),
        (
            "{path: /x, proxy: {upstream: users, sticky: address}}",
            "`sticky` is only used with `backends`",
        ),
        (
            "{path: /x, proxy: {backends: {a: {upstream: users, weight: 0}}}}",
            "one needs a weight above 0",
        ),
        (
            "{path: /x, proxy: {backends: {a: {upstream: user}}}}",
            'routes.r.proxy.backends.a.upstream: unknown upstream "user"',
        ),
        (
            "{path: /x, proxy: {upstream: users, websocket: false}}",
            "routes.r.proxy.websocket",
        ),
        (
            "{path: /x, proxy: {upstream: users, upgrades: [websocket]}}",
            "`websocket: true` lets clients switch to WebSocket",
        ),
        (
            "{path: /x, proxy: {upstream: users, upgrades: [H2C]}}",
            "requests within the connection would pass no route",
        ),
        (
            "{path: /x, proxy: {upstream: users, upgrades: ['a b']}}",
            "expected a protocol such as spdy/3.1",
        ),
        (
            "{path: /x, proxy: users, client_type: none}",
            "routes.r.client_type: 'none' is the type of other clients",
        ),
        ("{path: /x, redirect: {to: example.com}}", "expected a URL such as"),
        ("{path: /x, redirect: {to: /y, status: 200}}", "Input should be 301"),
        ('{path: /x, redirect: {to: "/{id}"}}', 'redirect.to: "/x" has no parameter'),
        (
            '{path: "/x/{id}", redirect: {to: "/y?id={id}"}}',
            "only the path of the URL has parameters",
        ),
        ("{path: /x, respond: {status: 204, body: a}}", "status 204 has no body"),
        ("{path: /x, respond: {status: 205, body: a}}", "status 205 has no body"),
        (
            "{path: /x, respond: {headers: {content-length: '1'}}}",
            "the gateway writes this header field itself",
        ),
        ("{path: /x, respond: {}, max_body: 1KiB}", "only used with `proxy`"),
        (
            "{path: /x, proxy: {upstream: users, sticky_cookie: {secret: "
            "0123456789abcdef}}}",
            "`sticky_cookie` is only used with `backends`",
        ),
        (
            "{path: /x, proxy: {backends: {a: {upstream: users}}, sticky: address, "
            "sticky_cookie: {secret: 0123456789abcdef}}}",
            "expected either `sticky` or `sticky_cookie`",
        ),
        (
            "{path: /x, proxy: {backends: {a: {upstream: users}}, sticky_cookie: "
            "{secret: short}}}",
            "at least 16 characters",
        ),
        (
            "{path: /x, proxy: {backends: {a: {upstream: users}}, cohorts: {c: "
            "{when: {cookies: {d: e}}, weights: {b: 1}}}}}",
            "cohorts.c.weights: there is no backend b of the first priority; there "
            "are: a",
        ),
        (
            "{path: /x, proxy: {backends: {a: {upstream: users}}, cohorts: {c: "
            "{when: {cookies: {d: e}}, weights: {a: 0}}}}}",
            "weights: one needs to be above 0",
        ),
        (
            "{path: /x, proxy: {backends: {a: {upstream: users}}, cohorts: {c: "
            "{when: {}, weights: {a: 1}}}}}",
            "when: expected a condition",
        ),
        (
            "{path: /x, proxy: {backends: {a: {upstream: users}}, cohorts: {c: "
            "{when: {claims: {d: e}}, weights: {a: 1}}}}}",
            "routes.r.proxy.cohorts.c.when.claims: needs credentials; configure",
        ),
        (
            "{path: /x, proxy: {backends: {a: {upstream: users}}, cohorts: {c: "
            "{when: {cel: identity.x}, weights: {a: 1}}}}}",
            "routes.r.proxy.cohorts.c.when.cel: unknown variable `identity`",
        ),
        (
            "{path: /x, proxy: {upstream: users, mirror: users}}",
            "mirror: users gets the requests themselves; expected another upstream",
        ),
        (
            "{path: /x, proxy: {upstream: users, mirror: user}}",
            'routes.r.proxy.mirror.upstream: unknown upstream "user"',
        ),
        (
            "{path: /x, proxy: users, when: {cel: request.metod == 'GET'}}",
            "routes.r.when.cel: `request.metod` does not exist; read one of its",
        ),
        (
            "{path: /x, proxy: users, when: {cel: 1 +}}",
            "Syntax error: mismatched input",
        ),
        ("{path: /x, versions: {}}", "exactly one of `proxy`, `versions`"),
        (
            "{path: /x, proxy: users, default_version: v1}",
            "`default_version` is only used with `versions`",
        ),
        (
            "{path: /x, versions: {v1: {proxy: users}}, transform: {}}",
            "`transform` belongs to each of the `versions`",
        ),
        (
            "{path: /x, versions: {v1: {proxy: users}}, default_version: v2}",
            "default_version: there is no version v2",
        ),
        (
            "{path: /x, versions: {v1: {proxy: users, aliases: [v2]}, v2: {proxy: "
            "users}}}",
            "versions.v1.aliases: v2 is a name of v2",
        ),
        (
            "{path: /x, versions: {v1: {proxy: user}}}",
            'routes.r.versions.v1.proxy.upstream: unknown upstream "user"',
        ),
        (
            "{path: /x, versions: {v1: {proxy: {upstream: users, path: /*}}}}",
            'routes.r.versions.v1.proxy.path: "/x" has no "*" at its end',
        ),
        (
            "{path: /x, version_by: ['path:v'], versions: {v1: {proxy: users}}}",
            '"/x" has no parameter {v}',
        ),
        (
            "{path: /x, version_by: [cookie:v], versions: {v1: {proxy: users}}}",
            "expected path:<parameter>, header:<name>, query:<name> or",
        ),
        (
            "{path: /x, versions: {v1: {proxy: users, sunset: 2026-12}}}",
            '`sunset` must be a day such as "2026-12-31"',
        ),
        ("{path: /x, proxy: users, access: authenticated}", "configure `identity`"),
    ],
)
def test_a_route_that_cannot_work_is_an_error_with_its_line(
    route: str, message: str
) -> None:
    ((line, text),) = problems(f"  r: {route}\n")

    assert line == 3
    assert message in text


def test_an_unreachable_route_is_an_error_with_both_lines() -> None:
    routes = (
        "  first: {path: /x/*, proxy: users}\n"
        "  second: {path: /x/*, methods: [POST], respond: {}}\n"
        "  third: {path: /x/*, respond: {}}\n"
    )

    assert problems(routes) == [
        (5, "routes.third: all its requests go to the route 'first'"),
        (3, "routes.first: all those requests of 'third' go here"),
    ]


FACADE = """
subgraphs: {books: {upstream: users, sdl: books.graphql}}
facades: {web: {path: /web}}
routes: {r: {path: PATH, HOSTS respond: {}}}
"""


@pytest.mark.parametrize(
    ("path", "hidden"),
    [("/web/*", "/web/graphql"), ("/web/{x}", "/web/graphql"), ("/health", "")],
)
async def test_a_route_must_not_hide_a_path_of_the_gateway(
    path: str, hidden: str, tmp_path_factory: pytest.TempPathFactory
) -> None:
    folder = tmp_path_factory.mktemp("facade")
    (folder / "books.graphql").write_text("type Query { book: String }")
    text = UPSTREAMS + FACADE.replace("PATH", f'"{path}"')

    with pytest.raises(ConfigError) as error:
        await generation_of(text.replace("HOSTS", ""), folder=folder)

    expected = f'it hides "{hidden}" of façade "web"' if hidden else "of the gateway"
    assert re.search(re.escape(expected), str(error.value))
    assert "weir.yaml:5" in str(error.value)
    hosted = await generation_of(text.replace("HOSTS", "hosts: [h],"), folder=folder)
    await hosted.close()


@pytest.mark.parametrize("path", ["/*", "/web/files/*", "/{x}/{y}", "/websites/*"])
async def test_a_route_may_be_around_a_facade_or_below_it(
    path: str, tmp_path_factory: pytest.TempPathFactory
) -> None:
    folder = tmp_path_factory.mktemp("facade")
    (folder / "books.graphql").write_text("type Query { book: String }")
    text = UPSTREAMS + FACADE.replace("PATH", f'"{path}"').replace("HOSTS", "")

    generation = await generation_of(text, folder=folder)
    await generation.close()


SERVICES = """upstreams:
  users: {instances: [http://h]}
  books: {instances: [http://h]}
  films: {instances: [http://h]}
  orders: {instances: [http://h]}
subgraphs: {books: {upstream: books, sdl: books.graphql}}
facades:
  web: {path: /web, subgraphs: {own: {upstream: films, sdl: films.graphql}}}
"""


def test_services_have_routes_by_their_names_unless_they_are_subgraphs() -> None:
    text = (
        f"{SERVICES}service_routes: true\nroutes: {{users: {{path: /u, proxy: users}}}}"
    )

    config = decode_document(read_document(text, "weir.yaml", {})).config

    assert {name: each.path for name, each in config.routes.items()} == {
        "users": "/u",
        "orders": "/orders/*",
    }


@pytest.mark.parametrize(
    ("rest", "message"),
    [
        (
            "routes: {o: {path: /orders/*, proxy: users}}\nservice_routes: true",
            "routes.o: all its requests go to the route 'orders'",
        ),
        ("service_routes: {access: authenticated}", "configure `identity`"),
        ("service_routes: false", "service_routes"),
    ],
)
def test_routes_of_services_that_cannot_work_are_errors(
    rest: str, message: str
) -> None:
    document = read_document(SERVICES + rest, "weir.yaml", {})

    with pytest.raises(ConfigError, match=re.escape(message)) as error:
        decode_document(document)

    last_line_before = SERVICES.count("\n")
    assert all(each.line > last_line_before for each in error.value.problems)
