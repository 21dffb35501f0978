"""The model of the places of clients."""

from collections import Counter
from typing import Annotated

from pydantic import Field, field_validator

from weir.bffs.config.model.section import Section
from weir.bffs.config.model.values.texts import FileName
from weir.gateway.geography.place import PlaceField


class GeoSection(Section):
    """Places of clients, by files in the format of MaxMind (MMDB)."""

    files: Annotated[
        list[Annotated[FileName, Field(min_length=1)]],
        Field(min_length=1, max_length=4),
    ]
    """Files such as `GeoLite2-City.mmdb` and `GeoLite2-ASN.mmdb`; each part of a place
    is taken from the first file that has it. Changed files are read within a minute."""
    send: list[PlaceField] = []
    """Parts that services get, as `X-Client-Country`, `X-Client-Region` and
    `X-Client-ASN`."""

    @field_validator("send")
    @classmethod
    def _check_send(cls, value: list[PlaceField]) -> list[PlaceField]:
        counts = Counter(value)
        if twice := next((each for each in counts if counts[each] > 1), ""):
            message = f'"{twice}" is listed twice'
            raise ValueError(message)
        return value
