"""The places of texts in the model of the configuration, and values at them."""

import json
from collections.abc import Iterator
from itertools import pairwise
from typing import Any, get_args, get_origin, get_type_hints

from weir.bffs.config.model.section import Section

UPSTREAM = {
    "instances": ["http://h:1"],
    "transport": "httpx",
    "balancing": "consistent_hash",
}
VALID = {
    "control": {"tokens": {"t": {"token": "0123456789abcdef"}}},
    "upstreams": {"u": UPSTREAM},
    "subgraphs": {"s": {"upstream": "u"}},
    "facades": {"f": {"path": "/f", "subgraphs": {"own": {"upstream": "u"}}}},
    "routes": {"r": {"path": "/r/*", "proxy": {"upstream": "u"}}},
    "plans": {"p": {}},
    "geo": {"files": ["f"], "send": ["country"]},
    "redis": {"url": "redis://h"},
    "override": {"sticky": {"header": "h"}},
    "identity": {
        "jwt": {"j": {"issuer": "https://i", "audiences": ["a"], "discovery": True}},
        "api_keys": {"file": "f"},
        "policies": {"p": {"cel": "true"}},
        "introspection": {"url": "https://i", "client_id": "c", "client_secret": "s"},
        "signing": {"issuer": "i", "keys": ["k.pem"]},
    },
}
SERVER_TLS = {"certificate": "c", "key": "k"}
CREDENTIALS = {
    "basic": {"username": "u", "password": "p"},
    "oauth": {"token_url": "https://h/t", "client_id": "c", "client_secret": "s"},
}
DISCOVERY = {
    "dns": {"name": "n"},
    "consul": {"url": "https://h", "service": "s"},
    "etcd": {"url": "https://h", "prefix": "p", "username": "u", "password": "p"},
    "docker": {"labels": {"l": "v"}, "port": 1},
    "kubernetes": {"service": "s"},
    "file": {"path": "p"},
}
BASE = {"upstreams", "subgraphs", "facades"}
"""The sections of each configuration; the others are there where a value needs them."""
NEEDS_IDENTITY = {"identity", "access", "token", "policies", "plan", "cohorts"}
NAMES = {
    "upstreams": "u",
    "subgraphs": "s",
    "facades": "f",
    "operations": "Operation",
    "headers": "x-header",
    "set": "x-header",
    "arguments": "Query.a(b:)",
    "degraded": "Query.a",
    "lists": "Query.a",
    "texts": "Query.a",
    "rate_limits": "limit",
    "plans": "p",
    "quotas": "q",
    "weights": "Type",
    "list_sizes": "Type.field",
    "jwt": "j",
    "roles": "r",
    "tokens": "t",
    "routes": "r",
    "parameters": "id",
    "query": "q",
    "cookies": "c",
    "backends": "b",
    "cohorts": "c",
    "policies": "p",
    "identity": "x-a",
    "parts": "p",
    "versions": "v1",
    "rename": "a",
    "move": "a",
    "add": "x-a",
    "claims": "a",
    "path": "a",
    "status": "404",
    "operation": "operationId",
    "slo": "f",
    "labels": "l",
}


WITHOUT_PROXY = {"aggregate", "redirect", "respond", "versions"}
SECTIONS_OF_ROUTES = {"proxy", "transform", "validation"}
"""Sections of versions which a route without versions has as well."""


def text_paths(
    annotation: Any, path: tuple[str | int, ...] = ()
) -> Iterator[tuple[str | int, ...]]:
    """Yield where the model takes a text of the user's own."""
    arguments, origin = get_args(annotation), get_origin(annotation)
    if isinstance(annotation, type) and issubclass(annotation, Section):
        hints = get_type_hints(annotation, include_extras=True)
        of_route = SECTIONS_OF_ROUTES if path[2:3] == ("versions",) else set()
        for name in annotation.model_fields.keys() - of_route:
            yield from text_paths(hints[name], (*path, name))
    elif origin is dict:
        name = "own" if path[2:] == ("subgraphs",) else NAMES[str(path[-1])]
        yield from text_paths(arguments[1], (*path, name))
    elif origin is list:
        yield from text_paths(arguments[0], (*path, 0))
    elif annotation is str or annotation is Any:
        yield path
    else:
        for argument in arguments:
            yield from text_paths(argument, path)


KEY_SOURCES = {"jwks_url", "keys", "secret"}


def with_value(path: tuple[str | int, ...], value: object) -> dict[str, Any]:
    """Return a configuration that has `value` at `path`, and what that needs."""
    sections = BASE | {str(path[0])}
    if NEEDS_IDENTITY.intersection(path):
        sections.add("identity")
    if "plan" in path:
        sections.add("plans")
    data: dict[str, Any] = {
        name: json.loads(json.dumps(section))
        for name, section in VALID.items()
        if name in sections
    }
    node: Any = data
    for key, following in pairwise(path):
        empty: Any = [] if following == 0 else {}
        if isinstance(node, list):
            node[:] = [node[0] if node and isinstance(node[0], dict) else empty]
        else:
            node.setdefault(key, empty)
        node = node[key]
    if isinstance(node, list):
        node[:] = [value]
    else:
        node[path[-1]] = value
    _complete(data, path, node)
    _fill_in(data, path)
    return data


def _fill_in(data: dict[str, Any], path: tuple[str | int, ...]) -> None:
    """Add the required keys beside the value at `path`."""
    if path[:2] == ("server", "tls"):
        data["server"]["tls"] = SERVER_TLS | data["server"]["tls"]
    if path in (("routes", "r", "version_by", 0), ("routes", "r", "default_version")):
        del data["routes"]["r"]["proxy"]
        data["routes"]["r"]["versions"] = {"v1": {"proxy": "u"}}
    if path[:3] == ("routes", "r", "versions"):
        data["routes"]["r"]["versions"]["v1"]["proxy"] = "u"
    elif path[2:3] == ("versions",):
        own = data["facades"]["f"]["versions"]["v1"]
        data["facades"]["f"]["versions"]["v1"] = {"operations": "v1"} | own
    if path[2:3] == ("discovery",):
        del data["upstreams"]["u"]["instances"]
        own = data["upstreams"]["u"]["discovery"]
        kind = str(path[3])
        own[kind] = DISCOVERY[kind] | own[kind]
    if path[2:3] == ("credentials",):
        own = data["upstreams"]["u"]["credentials"]
        kind = str(path[3])
        own[kind] = CREDENTIALS[kind] | own[kind]


def _complete(data: dict[str, Any], path: tuple[str | int, ...], node: Any) -> None:
    """Add what the value at `path` needs, and remove what contradicts it."""
    if path[-2:] == ("hash_on", "name"):
        node["source"] = "header"
    if path[:2] == ("identity", "jwt") and path[-1] in KEY_SOURCES:
        del node["discovery"]
    if path[:2] == ("routes", "r"):
        _complete_route(data["routes"]["r"], path, node)
    if path == ("facades", "f", "releases"):
        node["operations"] = "o"
    if path == ("supergraph",):
        del data["subgraphs"]


def _complete_route(
    route: dict[str, Any], path: tuple[str | int, ...], node: Any
) -> None:
    if path[2] == "parameters":
        route["path"] = "/r/{id}"
    if path[2] in WITHOUT_PROXY:
        del route["proxy"]
    if path[2] == "transform":
        _complete_transform(route["transform"], path, node)
    if path[2:4] == ("aggregate", "parts"):
        _complete_parts(route["aggregate"]["parts"])
    if path[2:4] == ("proxy", "backends"):
        del route["proxy"]["upstream"]
    if path[2:4] in (("proxy", "cohorts"), ("proxy", "sticky_cookie")):
        proxy = route["proxy"]
        proxy["backends"] = {"b": {"upstream": proxy.pop("upstream")}}
        _complete_split(proxy)


def _complete_split(proxy: dict[str, Any]) -> None:
    if "sticky_cookie" in proxy:
        proxy["sticky_cookie"].setdefault("secret", "0123456789abcdef")
    for cohort in proxy.get("cohorts", {}).values():
        cohort["weights"] = {"b": 1}


def _complete_transform(
    transform: dict[str, Any], path: tuple[str | int, ...], node: Any
) -> None:
    side = transform[str(path[3])]
    if "examples" in path:
        example = side["body"]["examples"][0]
        example.update({"input": 1, "output": 1} | example)
    if path[-1] == "content_type":
        node |= {"write": "text", "template": "x"}
    if path[-1] == "root":
        node["write"] = "xml"
    if path[-2] == "lists":
        side["body"]["read"] = "xml"


def _complete_parts(parts: dict[str, Any]) -> None:
    part = parts.pop("p")
    parts["first"] = {"upstream": "u", "path": "/p"}
    parts["p"] = {"upstream": "u", "path": "/p", "required": False, **part}
    if "join" in part:
        join = {"to": "first.*", "by": "x", "key": "x", "name": "x"}
        part["join"].update(join | part["join"])
