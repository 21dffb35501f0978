"""The GraphiQL page, with the stored operations of the façade."""

from functools import partial

import orjson
from graphql import ValueNode, VariableDefinitionNode, value_from_ast_untyped

from weir.bffs.facades.facade import Facade
from weir.bffs.facades.pages.html import PageEndpoint, rendered
from weir.bffs.facades.pages.site import Site
from weir.bffs.facades.stored.operation import StoredOperation
from weir.gateway.json_types import JSONObject, JSONValue


def graphiql_endpoint(facade: Facade, site: Site) -> PageEndpoint:
    """Return the endpoint of the page."""
    return PageEndpoint(site, partial(_page, facade))


def _page(facade: Facade, site: Site) -> str:
    operations = [_operation(stored) for stored, _ in facade.stored]
    return rendered(
        "graphiql.html",
        site,
        title="GraphiQL",
        operations=orjson.dumps(operations).decode(),
        mode="development" if facade.development else "production",
    )


def _operation(stored: StoredOperation) -> JSONObject:
    variables = {
        node.variable.name.value: _default(node)
        for node in stored.definition.variable_definitions or ()
    }
    text = orjson.dumps(variables, option=orjson.OPT_INDENT_2).decode()
    return {
        "id": stored.ids[0],
        "label": stored.qualified_name,
        "text": stored.text,
        "variables": text if variables else "",
    }


def _default(node: VariableDefinitionNode) -> JSONValue:
    default: ValueNode | None = node.default_value
    return None if default is None else value_from_ast_untyped(default)
