"""The section of rules that change JSON values by the paths of their parts."""

from typing import Annotated, Self

from pydantic import AfterValidator, Field, model_validator

from weir.bffs.config.model.section import Section
from weir.gateway.routes.json_rules.moves import Move, parse_move, parse_rename
from weir.gateway.routes.json_rules.path import parse_path
from weir.gateway.routes.json_rules.rules import MAX_RULES


def _path(value: str) -> str:
    parse_path(value)
    return value


JsonPathText = Annotated[
    str,
    AfterValidator(_path),
    Field(json_schema_extra={"kind": "JSON path"}),
]
"""`address.city`, or `items.*.id` for each item; `\\.` is a dot within a key."""

JsonKey = Annotated[str, Field(min_length=1)]


class JsonRulesSection(Section):
    """Rules that change a JSON value, in this order."""

    allow: list[JsonPathText] = []
    """Paths of the parts that remain, such as `items.*.id`; without it, all."""
    rename: dict[JsonPathText, JsonKey] = {}
    """New keys by the path of a value."""
    move: dict[JsonPathText, JsonPathText] = {}
    """New paths by the path of a value, both with the same parts up to the last `*`;
    applied together with `rename`."""
    deny: list[JsonPathText] = []
    """Paths of the parts that are removed, with their new names."""
    flatten: list[JsonPathText] = []
    """Paths of objects or lists that are replaced by their contents, in the object or
    list around them."""

    @property
    def moves(self) -> tuple[Move, ...]:
        """The moves of `rename` and `move`; raises InvalidPath."""
        return (
            *(parse_rename(parse_path(old), new) for old, new in self.rename.items()),
            *(
                parse_move(parse_path(old), parse_path(new))
                for old, new in self.move.items()
            ),
        )

    @model_validator(mode="after")
    def _check_rules(self) -> Self:
        rules = (self.allow, self.deny, self.moves, self.flatten)
        if sum(map(len, rules)) > MAX_RULES:
            message = f"a value has at most {MAX_RULES} rules"
            raise ValueError(message)
        return self
