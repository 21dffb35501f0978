"""All fuzzed parsers, by name."""

from typing import Final

from tests.support.fuzzing.front import FRONT
from tests.support.fuzzing.headers import HEADERS
from tests.support.fuzzing.operations import COERCION, LIMITER
from tests.support.fuzzing.services import REPLIES, RESPONSES
from tests.support.fuzzing.target import FuzzTarget

TARGETS: Final[dict[str, FuzzTarget]] = {
    "front": FRONT,
    "limiter": LIMITER,
    "coercion": COERCION,
    "replies": REPLIES,
    "responses": RESPONSES,
    "headers": HEADERS,
}
