"""Which route a method and a raw path have: one rule for all paths."""

from collections.abc import Iterable, Iterator
from itertools import product
from typing import Any
from urllib.parse import unquote_to_bytes

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from tests.support.calls import request_context
from tests.support.growth import executed_opcodes
from tests.support.memory_exchange import buffered_request, request_head
from weir.gateway.context import RequestContext
from weir.gateway.edge.request import Request
from weir.gateway.edge.response import Response
from weir.gateway.edge.responses.problem import ProblemRenderer
from weir.gateway.edge.route import Route, RouteMatch, RoutePolicy
from weir.gateway.errors import BadRequest, MethodNotAllowed, NotFound, WeirError
from weir.gateway.routes.matching.template import parse_prefix, parse_template
from weir.gateway.routes.table import BoundRoute, Mount, RouteTable


class Silent(ProblemRenderer):
    """An endpoint that no test calls."""

    async def respond(self, request: Request, context: RequestContext) -> Response:
        raise AssertionError(request, context)


ENDPOINT = Silent()


def bound(method: str, path: str, client_type: str = "web") -> BoundRoute:
    root = path.endswith("/")
    template = (
        parse_template("/").under(parse_prefix(path[:-1]))
        if root
        else parse_template(path)
    )
    policy = RoutePolicy(client_type=client_type)
    route = Route(endpoint=ENDPOINT, policy=policy, template=path)
    return BoundRoute(method=method, template=template, route=route)


def mount(prefix: str, client_type: str) -> Mount:
    return Mount(
        prefix=parse_prefix(prefix), client_type=client_type, errors=ProblemRenderer()
    )


def table(*routes: BoundRoute, mounts: Iterable[Mount] = ()) -> RouteTable:
    return RouteTable([mount("", "none"), *mounts], routes)


def shown(match: RouteMatch) -> tuple[str, dict[str, bytes]]:
    return match.route.template, dict(match.path_parameters)


WEB = table(
    bound("GET", "/health"),
    bound("GET", "/web/graphql"),
    bound("POST", "/web/graphql"),
    bound("GET", "/web/"),
    bound("GET", "/web/a b"),
    bound("GET", "/web/café"),
    bound("GET", "/web/v1/titles/{id}"),
    bound("GET", "/web/v1/titles/new"),
    bound("DELETE", "/web/v1/titles/{id}"),
    bound("POST", "/web/v1/titles/{id}/progress"),
    bound("GET", "/web/v1/{kind}/best"),
    mounts=[mount("/web", "web"), mount("/web/kids", "kids")],
)


@pytest.mark.parametrize(
    ("method", "path", "template", "parameters"),
    [
        ("GET", "/web/v1/titles/t1", "/web/v1/titles/{id}", {"id": b"t1"}),
        ("HEAD", "/web/v1/titles/t1", "/web/v1/titles/{id}", {"id": b"t1"}),
        ("DELETE", "/web/v1/titles/t1", "/web/v1/titles/{id}", {"id": b"t1"}),
        ("GET", "/web/v1/titles/new", "/web/v1/titles/new", {}),
        # The method decides among what fits: no literal route takes a DELETE.
        ("DELETE", "/web/v1/titles/new", "/web/v1/titles/{id}", {"id": b"new"}),
        ("GET", "/web/v1/titles/best", "/web/v1/titles/{id}", {"id": b"best"}),
        ("GET", "/web/v1/people/best", "/web/v1/{kind}/best", {"kind": b"people"}),
        ("GET", "/web/", "/web/", {}),
        ("POST", "/web/graphql", "/web/graphql", {}),
        ("HEAD", "/health", "/health", {}),
    ],
)
def test_a_literal_wins_over_a_parameter_from_the_left(
    method: str, path: str, template: str, parameters: dict[str, bytes]
) -> None:
    assert shown(WEB.route(request_head(path, method=method))) == (template, parameters)


@pytest.mark.parametrize(
    ("path", "template", "parameters"),
    [
        # What is encoded without need is the same path (RFC 3986 §6.2.2.2).
        ("/w%65b/%67raphql", "/web/graphql", {}),
        ("/web/v1/titles/n%65w", "/web/v1/titles/new", {}),
        ("/web/a%20b", "/web/a b", {}),
        ("/web/caf%C3%A9", "/web/café", {}),
        ("/web/caf%c3%a9", "/web/café", {}),
        ("/web/caf\xc3\xa9", "/web/café", {}),
        # An encoded slash belongs to its segment.
        ("/web/v1/titles/a%2Fb%20c", "/web/v1/titles/{id}", {"id": b"a/b c"}),
        ("/web/v1/titles/a%2fb", "/web/v1/titles/{id}", {"id": b"a/b"}),
        ("/web/v1/titles/%2F", "/web/v1/titles/{id}", {"id": b"/"}),
        # Decoded once.
        ("/web/v1/titles/%252F", "/web/v1/titles/{id}", {"id": b"%2F"}),
        ("/web/v1/titles/%256eew", "/web/v1/titles/{id}", {"id": b"%6eew"}),
        # Bytes are bytes: the endpoint decides what they have to be.
        ("/web/v1/titles/%ff%00", "/web/v1/titles/{id}", {"id": b"\xff\x00"}),
        ("/web/v1/titles/\xff", "/web/v1/titles/{id}", {"id": b"\xff"}),
        # Neither "+" nor ";" means anything in a path.
        ("/web/v1/titles/a+b", "/web/v1/titles/{id}", {"id": b"a+b"}),
        ("/web/v1/titles/new;v=1", "/web/v1/titles/{id}", {"id": b"new;v=1"}),
        ("/web/v1/titles/...", "/web/v1/titles/{id}", {"id": b"..."}),
        ("/web/v1/titles/.x", "/web/v1/titles/{id}", {"id": b".x"}),
    ],
)
def test_segments_are_split_first_and_decoded_once(
    path: str, template: str, parameters: dict[str, bytes]
) -> None:
    assert shown(WEB.route(request_head(path))) == (template, parameters)


async def refusal(match: RouteMatch, method: str, path: str) -> WeirError:
    request = buffered_request(request_head(path, method=method))
    with pytest.raises(WeirError) as caught:
        await match.route.endpoint.respond(request, request_context())
    return caught.value


@pytest.mark.parametrize(
    "path",
    [
        "/",
        "/web",
        "/web%2Fgraphql",
        "/web%2fgraphql",
        "/web%2Fv1/titles/t1",
        "/web%252Fgraphql",
        "/%2567raphql",
        "/web/graphql/",
        "/web//graphql",
        "//web/graphql",
        "/web/graphql//",
        "/web/graphql;x=1",
        "/web;x=1/graphql",
        "/WEB/graphql",
        "/web/Graphql",
        "/web/graphql%00",
        "/web/graphql%20",
        "/./web/graphql",
        "/x/../web/graphql",
        "/web/./graphql",
        "/%2e/web/graphql",
        "/x/%2e%2e/web/graphql",
        "/web//",
        "/web/v1/titles",
        "/web/v1/titles/",
        "/web/v1/titles//",
        "/web/v1/titles/t1/",
        "/web/v1//best",
        "/web/v1/titles/.",
        "/web/v1/titles/..",
        "/web/v1/titles/%2e%2e",
        "/web/v1/titles/%2E",
        "/web/v1/titles/.%2e",
        "/web/v1/../best",
        "/web/caf%E9",
        "/web/caf\xe9",
        "/health/",
        "/tv/v1/titles/t1",
    ],
)
async def test_a_path_is_what_its_template_says_and_nothing_else(path: str) -> None:
    for method in ("GET", "POST", "OPTIONS", "PATCH"):
        match = WEB.route(request_head(path, method=method))
        error = await refusal(match, method, path)
        assert isinstance(error, NotFound), path
        assert not match.route.policy.admission


@pytest.mark.parametrize(
    "path", ["/web/v1/titles/100%", "/web/%g0", "/%", "/web/%2", "*", "web/graphql", ""]
)
async def test_a_malformed_path_is_refused_with_the_reason(path: str) -> None:
    error = await refusal(WEB.route(request_head(path)), "GET", path)

    assert isinstance(error, BadRequest)
    assert 'two hexadecimal digits must follow each "%"' in error.detail


@pytest.mark.parametrize(
    ("path", "allowed"),
    [
        ("/web/graphql", b"GET, HEAD, OPTIONS, POST"),
        ("/web/v1/titles/t1", b"DELETE, GET, HEAD, OPTIONS"),
        ("/web/v1/titles/new", b"DELETE, GET, HEAD, OPTIONS"),
        ("/web/v1/titles/t1/progress", b"OPTIONS, POST"),
        ("/health", b"GET, HEAD, OPTIONS"),
    ],
)
async def test_other_methods_are_refused_and_options_responds_with_the_methods(
    path: str, allowed: bytes
) -> None:
    match = WEB.route(request_head(path, method="PATCH"))
    error = await refusal(match, "PATCH", path)
    options = WEB.route(request_head(path, method="OPTIONS"))
    request: Any = None
    response = await options.route.endpoint.respond(request, request_context())

    assert isinstance(error, MethodNotAllowed)
    assert isinstance(response, Response)
    assert error.response_headers == response.headers == ((b"allow", allowed),)
    assert response.status == 204
    assert match.route.policy == options.route.policy
    assert not match.route.policy.admission
    assert match.route.template.startswith(("/web", "/health"))


def test_a_path_that_is_not_served_belongs_to_the_nearest_mount() -> None:
    owners = {
        "/": "none",
        "/nothing": "none",
        "/webs": "none",
        "/web%2Fx": "none",
        "/web": "web",
        "/web/": "web",
        "/w%65b/x": "web",
        "/web/kid": "web",
        "/web/kids": "kids",
        "/web/kids/x/y": "kids",
        "/web/kids/%zz": "kids",
    }

    found = {
        path: WEB.route(request_head(path, method="PUT")).route.policy.client_type
        for path in owners
    }

    assert found == owners


def test_nothing_outside_of_a_mount_serves_its_paths() -> None:
    routes = table(
        bound("GET", "/{section}/{page}", "all"),
        bound("GET", "/{section}/{page}/{part}", "all"),
        bound("GET", "/kids/home", "kids"),
        mounts=[mount("/kids", "kids"), mount("/news/kids", "kids")],
    )

    assert shown(routes.route(request_head("/news/home")))[0] == "/{section}/{page}"
    assert shown(routes.route(request_head("/kids/home")))[0] == "/kids/home"
    assert shown(routes.route(request_head("/kids/home/1")))[0] == ""
    assert (
        shown(routes.route(request_head("/news/home/1")))[0]
        == "/{section}/{page}/{part}"
    )
    assert shown(routes.route(request_head("/news/kids/1")))[0] == ""
    match = routes.route(request_head("/kids/other"))
    assert (match.route.template, match.route.policy.client_type) == ("", "kids")


METHODS = ("GET", "POST", "HEAD")
# Few of each, so that paths and templates meet.
LITERALS = st.sampled_from(["a", "b", "%", "a/b", "é", "."])
SENT = [
    "a",
    "b",
    "%61",
    "%2561",
    "%25",
    "a%2Fb",
    "%C3%A9",
    "",
    ".",
    "%2e%2E",
    "..",
    "c",
]


def templates() -> st.SearchStrategy[tuple[str | None, ...]]:
    return st.lists(st.none() | LITERALS, min_size=1, max_size=4).map(tuple)


def oracle(
    shapes: list[tuple[str, tuple[str | None, ...]]], method: str, path: str
) -> tuple[str | None, ...] | None:
    """Follow the rules literally: all that fit, the best by its literals."""
    segments = [unquote_to_bytes(each) for each in path.split("/")[1:]]

    def fits(shape: tuple[str | None, ...]) -> bool:
        return len(shape) == len(segments) and all(
            segment not in (b"", b".", b"..")
            if wanted is None
            else wanted.encode() == segment
            for wanted, segment in zip(shape, segments, strict=True)
        )

    def fitting(wanted: str) -> Iterator[tuple[str | None, ...]]:
        return (
            shape for bound_to, shape in shapes if bound_to == wanted and fits(shape)
        )

    own = sorted(fitting(method), key=lambda shape: [each is None for each in shape])
    if method == "HEAD":
        # HEAD is served by GET, unless a route at the same place takes it.
        both = {*own, *fitting("GET")}
        own = sorted(both, key=lambda shape: [each is None for each in shape])
    return own[0] if own else None


@given(
    st.lists(
        st.tuples(st.sampled_from(METHODS), templates()), max_size=12, unique=True
    ),
    st.lists(st.sampled_from(SENT), min_size=1, max_size=4),
)
@example([("GET", ("a/b",)), ("GET", (None, None))], ["a", "b"])
def test_the_trie_finds_what_a_search_of_all_routes_finds(
    shapes: list[tuple[str, tuple[str | None, ...]]], sent: list[str]
) -> None:
    path = "/" + "/".join(sent)
    routes = RouteTable(
        [mount("", "none")],
        [_of_shape(method, shape) for method, shape in shapes],
    )
    for method in METHODS:
        wanted = oracle(shapes, method, path)
        match = routes.route(request_head(path, method=method))
        if wanted is None:
            assert not match.route.policy.admission
        else:
            assert match.route.template == repr(wanted)
            values = [
                unquote_to_bytes(segment)
                for shape, segment in zip(wanted, sent, strict=True)
                if shape is None
            ]
            assert [value for _, value in match.path_parameters] == values


def _of_shape(method: str, shape: tuple[str | None, ...]) -> BoundRoute:
    template = parse_template("".join(f"/{{p{n}}}" for n in range(len(shape))))
    literals = tuple(
        None if each is None else each.encode().decode("latin-1") for each in shape
    )
    names = tuple(f"p{n}" for n, each in enumerate(shape) if each is None)
    policy = RoutePolicy()
    return BoundRoute(
        method=method,
        template=type(template)(template.text, literals, names),
        route=Route(endpoint=ENDPOINT, policy=policy, template=repr(shape)),
    )


def opcodes(routes: RouteTable, method: str, path: str) -> int:
    """Return the number of bytecode instructions that finding a route takes."""
    return executed_opcodes(routes.route, request_head(path, method=method))


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("GET", "/web/v1/kind7/t1"),
        ("GET", "/web/v1/kind7/t%201"),
        ("PUT", "/web/v1/kind7/t1"),
        ("GET", "/web/v1/nothing/t1"),
        ("GET", "/web/v1/kind7/t1/more"),
    ],
)
def test_finding_a_route_costs_the_same_among_a_thousand(
    method: str, path: str
) -> None:
    few, many = (
        table(
            *(
                bound(bound_to, f"/web/v1/kind{n}/{{id}}")
                for n, bound_to in product(range(size // 2), ("GET", "POST"))
            ),
            mounts=[mount("/web", "web")],
        )
        for size in (16, 1000)
    )

    assert opcodes(few, method, path) == opcodes(many, method, path) > 20
