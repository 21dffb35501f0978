"""The endpoints of a description, by path and method."""

import re
from dataclasses import dataclass
from typing import Final

from weir.bffs.facades.openapi.api import RestApi
from weir.bffs.facades.openapi.components import Components
from weir.bffs.facades.openapi.requests import Requests
from weir.bffs.facades.openapi.resource import Resource
from weir.bffs.facades.openapi.responses import responses
from weir.bffs.facades.rest.omitted_nulls import NOTHING_OMITTED
from weir.bffs.facades.stored.operation import StoredOperation
from weir.bffs.facades.stored.rest_directive import RestBinding
from weir.gateway.json_types import JSONObject

WARNINGS: Final = "Warnings"
"""The name of the schema of a partial response's warnings."""
_WORD: Final = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+|[0-9]+")


@dataclass(frozen=True, slots=True)
class Endpoints:
    """The description of the endpoints of one API."""

    api: RestApi
    components: Components
    warnings: JSONObject
    """A reference to the schema of warnings."""

    def paths(self) -> JSONObject:
        """Return the path items by template, in the order of templates."""
        found: dict[str, JSONObject] = {}
        requests = Requests(self.api.schema, self.components)
        for stored in self.api.operations:
            if not stored.bindings:
                continue
            name = f"{stored.name}Response"
            omitted = self.api.nulls.of(stored) if self.api.nulls else NOTHING_OMITTED
            resource = Resource(self.api.schema, stored, name, self.components, omitted)
            response = self.components.add(name, resource.schema(self.warnings))
            for number, binding in enumerate(stored.bindings, 1):
                operation_id = stored.name if number == 1 else f"{stored.name}_{number}"
                item = found.setdefault(binding.template.text, {})
                item[binding.method.lower()] = {
                    "operationId": operation_id,
                    **_notes(stored, binding),
                    **requests.of(stored, binding),
                    **self._security(stored),
                    "responses": responses(stored, binding, self.api.schema, response),
                }
        return dict(sorted(found.items()))

    def _security(self, stored: StoredOperation) -> JSONObject:
        required = self.api.needs_credential(stored)
        requirement = self.api.credentials.requirement(required=required)
        return {"security": requirement} if requirement else {}


def _notes(stored: StoredOperation, binding: RestBinding) -> JSONObject:
    notes: JSONObject = {"summary": binding.summary or _title(stored.name)}
    if binding.tags:
        notes["tags"] = [*binding.tags]
    if binding.lifecycle.deprecated_s is not None:
        notes["deprecated"] = True
    return notes


def _title(name: str) -> str:
    """Return the words of a name, such as `Set progress` of `SetProgress`."""
    first, *others = _WORD.findall(name) or [name]
    return " ".join((first[:1].upper() + first[1:], *map(_lower, others)))


def _lower(word: str) -> str:
    return word.lower() if word.istitle() else word
