"""Calls each endpoint of a generated client, and prints the statuses and types.

usage: python call_python_client.py PACKAGE URL KEY

Without an API key, KEY is empty.
"""

import importlib
import inspect
import json
import pkgutil
import sys
from enum import Enum
from types import ModuleType
from typing import Any, get_args, get_type_hints

VALUES: dict[str, Any] = {
    "id": "1",
    "ids": ["1", "2"],
    "q": "a",
    "first": 1,
    "kind": "FILM",
    "kinds": ["FILM", "SERIES"],
    "x_language": "de",
    "genre": "drama",
}
BODIES: dict[str, Any] = {
    "add_title": {"name": "Gold", "kind": "FILM", "year": 1934},
    "rate_title": {"rating": 4.5},
    "set_progress": {"positionSeconds": 60},
}


def endpoints(package: str) -> dict[str, ModuleType]:
    api = importlib.import_module(f"{package}.api")
    found = pkgutil.walk_packages(api.__path__, f"{api.__name__}.")
    modules = [importlib.import_module(each.name) for each in found if not each.ispkg]
    return {each.__name__.rpartition(".")[2]: each for each in modules}


def fitted(value: Any, hint: Any) -> Any:
    """Return a value as the type of a parameter has it."""
    types = [hint, *get_args(hint)]
    for each in types:
        if isinstance(each, type) and hasattr(each, "from_dict"):
            return each.from_dict(value)
        if isinstance(each, type) and issubclass(each, Enum):
            return each(value)
    if isinstance(value, list):
        items = [item for each in types for item in get_args(each)]
        return [fitted(each, items[0] if items else None) for each in value]
    return value


def call(name: str, module: ModuleType, client: Any) -> tuple[int, str]:
    function = module.sync_detailed
    hints = get_type_hints(function)
    given = VALUES | ({"body": BODIES[name]} if name in BODIES else {})
    arguments = {
        each: fitted(given[each], hints[each])
        for each in inspect.signature(function).parameters
        if each in given
    }
    response = function(client=client, **arguments)
    return int(response.status_code), type(response.parsed).__name__


def client_of(package: Any, url: str, key: str) -> Any:
    # A busy machine may be slow.
    given = {"base_url": url, "timeout": 60, "raise_on_unexpected_status": True}
    if not key:
        return package.Client(**given)
    header = {"prefix": "", "auth_header_name": "X-API-Key"}
    return package.AuthenticatedClient(token=key, **header, **given)


def main() -> None:
    package, url, key = sys.argv[1:]
    client = client_of(importlib.import_module(package), url, key)
    # The first title of the demo.
    if {"home", "search"} & {*endpoints(package)}:
        VALUES["id"] = "t1"
    called = {
        name: call(name, module, client) for name, module in endpoints(package).items()
    }
    print(json.dumps(called))


if __name__ == "__main__":
    main()
