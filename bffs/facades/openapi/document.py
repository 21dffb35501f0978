"""The OpenAPI document of a façade.

https://spec.openapis.org/oas/v3.1.1.html
"""

from hashlib import sha256
from typing import Final

import orjson

from weir.bffs.facades.openapi.api import RestApi
from weir.bffs.facades.openapi.components import Components
from weir.bffs.facades.openapi.endpoints import WARNINGS, Endpoints
from weir.bffs.facades.openapi.json_schema import array, closed_object
from weir.bffs.facades.openapi.responses import PROBLEM
from weir.gateway.json_types import JSONObject

_VERSION: Final = "3.1.1"
_DIGITS: Final = 12
_TEXT: Final[JSONObject] = {"type": "string"}
_PROBLEM_SCHEMA: Final[JSONObject] = {
    "type": "object",
    "properties": {
        "type": {"type": "string", "format": "uri"},
        "title": _TEXT,
        "status": {"type": "integer"},
        "detail": _TEXT,
        "code": {**_TEXT, "description": "The stable code of the error."},
        "request_id": _TEXT,
        "errors": array(
            closed_object(
                {
                    "detail": _TEXT,
                    "in": {**_TEXT, "enum": ["path", "query", "header", "body"]},
                    "parameter": {
                        **_TEXT,
                        "description": "The name of one.",
                    },
                    "pointer": {
                        **_TEXT,
                        "description": "The place in a body.",
                    },
                },
                ["detail", "in"],
            )
        ),
    },
    "required": ["type", "title", "status", "code"],
}
_WARNINGS_SCHEMA: Final = closed_object(
    {
        "warnings": array(
            closed_object(
                {
                    "path": {**_TEXT, "description": "The part that is missing."},
                    "code": {"type": ["string", "null"]},
                    "message": _TEXT,
                    "service": _TEXT,
                    "becomes": {
                        **_TEXT,
                        "enum": ["value", "stale"],
                        "description": "The value in place of the missing one.",
                    },
                },
                ["path", "code", "message"],
            )
        ),
        "clamped": array(
            closed_object(
                {
                    "argument": _TEXT,
                    "requested": {"type": "integer"},
                    "maximum": {"type": "integer"},
                },
                ["argument", "requested", "maximum"],
            )
        ),
    },
    [],
)


def openapi_document(api: RestApi) -> JSONObject:
    """Return the description of a REST API.

    Its version is a hash of the description, so that equal versions are equal APIs.
    """
    components = Components(api.schema)
    problem = components.add(PROBLEM, _PROBLEM_SCHEMA)
    warnings = components.add(WARNINGS, _WARNINGS_SCHEMA)
    paths = Endpoints(api, components, warnings).paths()
    described: JSONObject = {
        "servers": [{"url": each} for each in api.servers],
        "paths": paths,
        "components": {
            "schemas": components.schemas,
            "responses": {PROBLEM: _problem_response(problem)},
        },
    }
    if schemes := api.credentials.schemes:
        described["components"]["securitySchemes"] = schemes
    else:
        described["security"] = []
    version = sha256(orjson.dumps(described)).hexdigest()[:_DIGITS]
    info = {"title": api.name, "version": version}
    return {"openapi": _VERSION, "info": info, **described}


def _problem_response(schema: JSONObject) -> JSONObject:
    return {
        "description": "An error, as a problem document (RFC 9457).",
        "headers": {
            "Retry-After": {
                "description": "Seconds after which a retry may succeed.",
                "schema": {"type": "integer"},
            }
        },
        "content": {"application/problem+json": {"schema": schema}},
    }
