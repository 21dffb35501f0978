"""Reads a schema by introspection with gql, and runs operations that it has checked.

usage: python call_gql.py URL
"""

import json
import sys

from gql import Client, gql
from gql.client import SyncClientSession
from gql.transport.exceptions import TransportQueryError
from gql.transport.httpx import HTTPXTransport

POPULAR = "query GqlPopular($first: Int!) { popular(first: $first) { id name } }"
PROGRESS = """
mutation GqlProgress($id: ID!, $seconds: Int!) {
  setProgress(title: $id, positionSeconds: $seconds, user: "u8") { positionSeconds }
}
"""
WRONG = "query Wrong($first: Int!) { popular(first: $first) { nothing } }"


def error_code(session: SyncClientSession) -> str:
    """Return the code of the error of an operation that gql has not checked."""
    try:
        session.execute(gql(WRONG), variable_values={"first": 2})
    except TransportQueryError as error:
        return str((error.errors or [])[0]["extensions"]["code"])
    return "no error"


def main() -> None:
    transport = HTTPXTransport(url=sys.argv[1], timeout=60)
    with Client(transport=transport, fetch_schema_from_transport=True) as session:
        popular = session.execute(gql(POPULAR), variable_values={"first": 2})["popular"]
        progress = session.execute(
            gql(PROGRESS),
            variable_values={"id": popular[0]["id"], "seconds": 60},
        )
    with Client(transport=transport) as session:
        error = error_code(session)
    names = [each["name"] for each in popular]
    seconds = progress["setProgress"]["positionSeconds"]
    print(json.dumps({"names": names, "seconds": seconds, "error": error}))


if __name__ == "__main__":
    main()
