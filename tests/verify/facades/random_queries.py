"""Runs random valid operations of a schema, and checks the response to each.

usage: python random_queries.py URL SCHEMA CODES KEY

SCHEMA is a file with SDL, CODES one with the codes of errors that are allowed, one per
line. Without an API key, KEY is empty. Prints the number of responses by code.
"""

import json
import sys
from collections import Counter
from pathlib import Path

import httpx
from hypothesis import HealthCheck, given, seed, settings
from hypothesis_graphql import from_schema

EXAMPLES = 400


def check(response: httpx.Response, allowed: frozenset[str]) -> set[str]:
    """Return the codes of a response's errors."""
    assert response.status_code < httpx.codes.INTERNAL_SERVER_ERROR, response.text
    body = response.json()
    codes = {each["extensions"]["code"] for each in body.get("errors", ())}
    assert codes <= allowed, response.text
    assert codes or body["data"] is not None, response.text
    return codes


def main() -> None:
    url, schema, codes, key = sys.argv[1:]
    allowed = frozenset(Path(codes).read_text().splitlines())
    operations = from_schema(Path(schema).read_text(), allow_null=True)
    found: Counter[str] = Counter()

    @seed(1)
    @settings(
        max_examples=EXAMPLES,
        deadline=None,
        database=None,
        suppress_health_check=list(HealthCheck),
    )
    @given(operations)
    def send(query: str) -> None:
        response = http.post(url, json={"query": query})
        found.update(check(response, allowed) or {"no error"})

    headers = {"X-API-Key": key} if key else {}
    with httpx.Client(timeout=120, headers=headers) as http:
        send()
    print(json.dumps(found))


if __name__ == "__main__":
    main()
