"""A limit that is exceeded and only measured."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class LimitExcess:
    """A limit that a document or a response exceeds; `found` is 0 if it is not known.

    `measured` is the counted unit, such as "levels" or "items in the response".
    """

    measured: str
    found: int
    limit: int
