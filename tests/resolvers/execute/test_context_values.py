"""Fetches of entities with values of their ancestors (`@fromContext`)."""

from dataclasses import replace

from tests.support.executing import (
    MemorySource,
    SourceRequest,
    entities,
    executable,
    fetch,
    represent,
    required,
    run,
)
from tests.support.product_graph import SDL, product
from weir.gateway.json_types import JSONObject
from weir.resolvers.plan.model.nodes import ContextValue

BODIES = "{ _entities { ... on Review { body } } }"
REVIEWS = replace(
    entities("products.@.reviews.@", represent("Review", "{ id }")),
    contexts=(
        ContextValue(variable="price", level=2, selections=required("{ price }")),
    ),
)


async def test_entities_with_different_context_values_are_fetched_separately() -> None:
    async def bodies(request: SourceRequest) -> JSONObject:
        price = request.variables["price"]
        return {
            "_entities": [
                {"body": f"{each['id']} at {price}"}
                for each in request.variables["representations"]
            ]
        }

    def review(id_: str) -> JSONObject:
        return {"__typename": "Review", "id": id_}

    reviews = MemorySource(bodies)
    products = [
        product("1", price=1, reviews=[review("a"), review("b")]),
        product("2", price=2, reviews=[review("a")]),
        product("3", price=1, reviews=[review("a")]),
    ]

    plan = executable(
        SDL,
        "{ products { reviews { id body } } }",
        fetch(1, "catalog", "{ products { price reviews { __typename id } } }"),
        fetch(2, "reviews", BODIES, REVIEWS, after=(1,)),
    )

    result = await run(plan, {"catalog": {"products": products}, "reviews": reviews})

    assert result.data == {
        "products": [
            {"reviews": [{"id": "a", "body": "a at 1"}, {"id": "b", "body": "b at 1"}]},
            {"reviews": [{"id": "a", "body": "a at 2"}]},
            {"reviews": [{"id": "a", "body": "a at 1"}]},
        ]
    }
    assert sorted(
        (each.variables["price"], len(each.variables["representations"]))
        for each in reviews.requests
    ) == [(1, 2), (2, 1)]


async def test_below_entities_that_differ_by_context_nothing_is_shared() -> None:
    async def makers(request: SourceRequest) -> JSONObject:
        name = f"at {request.variables['price']}"
        return {"_entities": [{"name": name}]}

    maker = represent("Maker", "{ id }")
    plan = executable(
        SDL,
        "{ products { reviews { product { maker { name } } } } }",
        fetch(1, "catalog", "{ products { price reviews { __typename id } } }"),
        fetch(
            2,
            "reviews",
            "{ _entities { ... on Review { product { maker { __typename id } } } } }",
            entities("products.@.reviews.@", represent("Review", "{ id }")),
            after=(1,),
        ),
        fetch(
            3,
            "makers",
            "{ _entities { ... on Maker { name } } }",
            replace(
                entities("products.@.reviews.@.product.maker", maker),
                contexts=REVIEWS.contexts,
            ),
            after=(2,),
        ),
    )
    review = {"__typename": "Review", "id": "r"}
    nested = {"product": {"maker": {"__typename": "Maker", "id": "m"}}}

    result = await run(
        plan,
        {
            "catalog": {
                "products": [
                    product("1", price=1, reviews=[dict(review)]),
                    product("2", price=2, reviews=[dict(review)]),
                ]
            },
            "reviews": {"_entities": [nested]},
            "makers": MemorySource(makers),
        },
    )

    assert result.data == {
        "products": [
            {"reviews": [{"product": {"maker": {"name": "at 1"}}}]},
            {"reviews": [{"product": {"maker": {"name": "at 2"}}}]},
        ]
    }
