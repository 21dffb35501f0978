"""OpenAPI documents as JSON and as YAML."""

from io import BytesIO
from typing import Any

import orjson
from ruamel.yaml import YAML

from weir.gateway.json_types import JSONObject


def as_json(document: JSONObject) -> bytes:
    """Return a document as JSON, in one line."""
    return orjson.dumps(document, option=orjson.OPT_APPEND_NEWLINE)


def as_yaml(document: JSONObject) -> bytes:
    """Return a document as YAML, its members in their order."""
    yaml: Any = YAML(typ="safe", pure=True)
    yaml.default_flow_style = False
    yaml.allow_unicode = True
    yaml.sort_base_mapping_type_on_output = False
    written = BytesIO()
    # A copy has no value twice, which YAML would write as an alias.
    yaml.dump(orjson.loads(orjson.dumps(document)), written)
    return written.getvalue()
