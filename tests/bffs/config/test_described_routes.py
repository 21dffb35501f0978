"""Routes by a description in OpenAPI: each mistake is an error with its lines."""

from pathlib import Path

import pytest

from tests.support.routed_gateway import generation_of
from weir.bffs.config.decode import LoadedConfig, decode_document
from weir.bffs.config.document import read_document
from weir.bffs.config.errors import ConfigError
from weir.bffs.config.policies.routes import route_rules

SHOP = """\
openapi: 3.1.0
paths:
  /orders:
    get: {operationId: listOrders}
    post: {operationId: createOrder}
  /orders/{id}:
    get: {operationId: getOrder}
    delete: {}
"""
HEAD = "upstreams: {shop: {instances: [http://h], health: {active: false}}}\n"
ROUTE = """\
routes:
  shop:
    path: /shop/*
    openapi: shop.yaml
    proxy: {upstream: shop, path: /*}
"""


def decoded(folder: Path, shop: str, routes: str = ROUTE) -> LoadedConfig:
    (folder / "shop.yaml").write_text(shop)
    file = folder / "weir.yaml"
    return decode_document(read_document(HEAD + routes, str(file), {}))


def problems(folder: Path, shop: str, routes: str = ROUTE) -> list[str]:
    with pytest.raises(ConfigError) as error:
        decoded(folder, shop, routes)
    return [
        f"{Path(each.file).name}:{each.line}: {each.message}"
        for each in error.value.problems
    ]


def rules(loaded: LoadedConfig) -> list[tuple[str, str, str]]:
    return [
        (rule.name, ",".join(rule.methods), rule.path.text)
        for _, rule in route_rules(loaded.config, loaded.described)
    ]


def test_each_operation_is_a_route(tmp_path: Path) -> None:
    assert rules(decoded(tmp_path, SHOP)) == [
        ("shop.listOrders", "GET", "/shop/orders"),
        ("shop.createOrder", "POST", "/shop/orders"),
        ("shop.getOrder", "GET", "/shop/orders/{id}"),
        ("shop.DELETE /orders/{id}", "DELETE", "/shop/orders/{id}"),
    ]


@pytest.mark.parametrize(
    ("server", "path", "target", "expected"),
    [
        ("", "/*", "", "/orders"),
        ("/v2", "/*", "", "/v2/orders"),
        ("https://shop.example/v2/", "/shop/*", "/v2/*", "/shop/orders"),
        ("/v2", "/shop/*", "/*", "/shop/v2/orders"),
        ("/orders", "/shop/*", "/orders/orders/*", "/shop"),
        ("/shop", "/shop/*", "", "/shop/orders"),
    ],
)
def test_paths_are_moved_as_those_of_the_proxy(
    server: str, path: str, target: str, expected: str, tmp_path: Path
) -> None:
    servers = f"servers: [{{url: {server}}}]\n" if server else ""
    shop = f"openapi: 3.0.3\n{servers}paths: {{/orders: {{get: {{}}}}}}\n"
    proxy = f"{{upstream: shop, path: {target}}}" if target else "shop"
    routes = f"routes: {{s: {{path: {path}, openapi: shop.yaml, proxy: {proxy}}}}}"
    ((_, _, found),) = rules(decoded(tmp_path, shop, routes))
    assert found == expected


def test_the_root_of_a_service_has_a_slash(tmp_path: Path) -> None:
    shop = "openapi: 3.0.3\npaths: {/: {get: {}}}\n"
    assert rules(decoded(tmp_path, shop)) == [("shop.GET /", "GET", "/shop/")]


def test_names_of_parameters_may_have_hyphens(tmp_path: Path) -> None:
    shop = "openapi: 3.0.3\nx-a: 1\npaths: {x-b: 1, '/{order-id}': {get: {}}}\n"
    assert rules(decoded(tmp_path, shop)) == [
        ("shop.GET /{order-id}", "GET", "/shop/{order-id}")
    ]


def test_circular_references_of_schemas_are_no_problem(tmp_path: Path) -> None:
    shop = SHOP + (
        "components: {schemas: {Tree: {properties: {child:"
        ' {$ref: "#/components/schemas/Tree"}}}}}\n'
    )
    assert len(rules(decoded(tmp_path, shop))) == 4


@pytest.mark.parametrize(
    ("shop", "expected"),
    [
        ("a: 1\n", ["shop.yaml:1: expected an object with `openapi: 3.0.x` or"]),
        ("", ["shop.yaml:1: expected an object with `openapi: 3.0.x` or `3.1.x`"]),
        ("- 1\n", ["shop.yaml:1: expected an object with `openapi: 3.0.x` or"]),
        ("openapi: 3.1.0\n", ["shop.yaml:1: the description has no operations"]),
        ("openapi: 3.1.0\npaths: []\n", ["shop.yaml:2: /paths: expected an object"]),
        (
            'openapi: 3.1.0\npaths: {/x: {$ref: "other.yaml"}}\n',
            ["shop.yaml:2: /paths/~1x: a reference to another document, 'other.yaml'"],
        ),
        (
            'openapi: 3.1.0\npaths:\n  /x: {$ref: "#/paths/~1x"}\n',
            ["shop.yaml:3: /paths/~1x: the reference '#/paths/~1x' is circular"],
        ),
        (
            'openapi: 3.1.0\npaths:\n  /x: {$ref: "#/y"}\n',
            ["shop.yaml:3: /paths/~1x: there is nothing at the reference #/y"],
        ),
        (
            'openapi: 3.1.0\npaths: {"/a.{b}": {get: {}}}\n',
            ["shop.yaml:2: /paths/~1a.{b}: 'a.{b}':"],
        ),
        (
            "openapi: 3.1.0\npaths:\n  /x: {get: {}}\n  /c: null\n",
            ["shop.yaml:4: /paths/~1c: expected an object; write {} for one without"],
        ),
        (
            "openapi: 3.1.0\npaths:\n  /x:\n    put: {}\n    get: []\n",
            ["shop.yaml:5: /paths/~1x/get: expected an object; write {} for one"],
        ),
        (
            SHOP.replace("getOrder", "5"),
            [
                "shop.yaml:7: /paths/~1orders~1{id}/get/operationId: expected a text"
                " of printable characters, got 5"
            ],
        ),
        (
            SHOP.replace("getOrder", '"get\\e[2JOrder\\n"'),
            [
                "shop.yaml:7: /paths/~1orders~1{id}/get/operationId: expected a text"
                " of printable characters, got 'get\\x1b[2JOrder\\n'"
            ],
        ),
        ("openapi: [\n", ["shop.yaml:2:"]),
        (
            SHOP.replace("getOrder", "listOrders"),
            [
                "shop.yaml:4: shop.listOrders: this `operationId` is that of two",
                "shop.yaml:7: shop.listOrders: this `operationId` is that of two",
            ],
        ),
        (
            SHOP.replace("/orders:", "/orders/{number}:"),
            [
                "shop.yaml:7: routes.shop.getOrder: all its requests go to the route"
                " 'shop.listOrders'",
                "shop.yaml:4: routes.shop.listOrders: all those requests of"
                " 'shop.getOrder' go here",
            ],
        ),
    ],
)
def test_a_description_is_rejected(
    shop: str, expected: list[str], tmp_path: Path
) -> None:
    found = problems(tmp_path, shop)
    assert len(found) == len(expected)
    for one, beginning in zip(found, expected, strict=True):
        assert one.startswith(beginning), one


def test_a_file_that_is_missing_is_named(tmp_path: Path) -> None:
    (found,) = problems(tmp_path, SHOP, ROUTE.replace("shop.yaml", "other.yaml"))
    assert found.startswith("weir.yaml:5: routes.shop.openapi: other.yaml: ")


def test_a_route_that_takes_the_requests_of_an_operation_is_named(
    tmp_path: Path,
) -> None:
    own = "  own: {path: /shop/orders, methods: [GET], respond: {}}\n"
    assert problems(tmp_path, SHOP, ROUTE.replace("  shop:", f"{own}  shop:")) == [
        "shop.yaml:4: routes.shop.listOrders: all its requests go to the route 'own'",
        "weir.yaml:3: routes.own: all those requests of 'shop.listOrders' go here",
    ]
    assert problems(tmp_path, SHOP, ROUTE + own) == [
        "weir.yaml:7: routes.own: all its requests go to the route 'shop.listOrders'",
        "shop.yaml:4: routes.shop.listOrders: all those requests of 'own' go here",
    ]


def test_an_operation_outside_of_the_prefix_is_rejected(tmp_path: Path) -> None:
    (found,) = problems(tmp_path, SHOP, ROUTE.replace("path: /*", "path: /v2/*"))
    assert found == (
        "shop.yaml:4: routes.shop: listOrders at /orders is not below /v2/*, which the"
        " service gets"
    )


@pytest.mark.parametrize(
    ("keys", "message"),
    [
        ("path: /shop", 'path: with `openapi`, expected a prefix such as "/shop/*"'),
        ('path: "/{tenant}/*"', "without parameters"),
        ("path: /*, methods: [GET]", "`methods` is not used with `openapi`"),
        (
            "path: /*, validation: {operation: {}}",
            "validation: `operation` is not used with `openapi`",
        ),
        (
            "path: /*, validation: {undescribed: pass}",
            "validation: `undescribed` is not used with `openapi`",
        ),
        ("path: /*, validation: 1", "validation"),
    ],
)
def test_keys_without_effect_are_rejected(
    keys: str, message: str, tmp_path: Path
) -> None:
    routes = f"routes:\n  s: {{openapi: shop.yaml, proxy: shop, {keys}}}\n"
    (found,) = problems(tmp_path, SHOP, routes)
    assert found.startswith("weir.yaml:3: ")
    assert message in found


@pytest.mark.parametrize("endpoint", ["redirect: {to: /}", "respond: {}"])
def test_only_proxies_have_descriptions(endpoint: str, tmp_path: Path) -> None:
    routes = f"routes:\n  s: {{path: /*, openapi: shop.yaml, {endpoint}}}\n"
    (found,) = problems(tmp_path, SHOP, routes)
    assert found == "weir.yaml:3: routes.s: `openapi` is only used with `proxy`"


async def test_a_schema_that_cannot_be_used_is_rejected(tmp_path: Path) -> None:
    wrong = "{content: {application/json: {schema: {type: 1}}}}"
    shop = SHOP.replace("createOrder}", f"createOrder, requestBody: {wrong}}}")
    (tmp_path / "shop.yaml").write_text(shop)
    with pytest.raises(ConfigError) as error:
        await generation_of(HEAD + ROUTE, folder=tmp_path)
    (found,) = error.value.problems
    assert (Path(found.file).name, found.line) == ("shop.yaml", 5)
    assert found.message.startswith("/paths/~1orders/post/requestBody/content/")
