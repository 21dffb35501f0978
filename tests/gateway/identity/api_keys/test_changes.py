"""Changes of stored API keys: their validity, and the number of them at a time."""

from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path

import pytest
from pydantic import ValidationError

from tests.support.credentials import credential_of
from tests.support.fake_clock import FakeClock
from weir.gateway.context import Identity
from weir.gateway.errors import WeirError
from weir.gateway.identity.api_keys.authenticator import ApiKeyAuthenticator
from weir.gateway.identity.api_keys.changes import (
    ChangedKeys,
    KeyRejected,
    Keys,
    NewKey,
    with_new_key,
    with_rotated_key,
)
from weir.gateway.identity.api_keys.file_store import FileKeyStore
from weir.gateway.identity.api_keys.store import ApiKey
from weir.gateway.identity.attempts import AttemptLimits, Attempts
from weir.gateway.identity.completion import Grants

NOW = datetime.fromtimestamp(FakeClock().epoch_s(), UTC)
DAY = timedelta(days=1)


def made(keys: Keys, begin: timedelta | None = None, days: int | None = None) -> Keys:
    """Return the keys with one more of the same owner."""
    not_before = None if begin is None else NOW + begin
    new = NewKey(owner="acme", not_before=not_before, days=days)
    return with_new_key(keys, new, NOW).keys


def test_a_key_is_refused_before_its_time_and_accepted_after() -> None:
    clock = FakeClock()
    new = NewKey(owner="acme", not_before=NOW + DAY, days=30)
    changed: ChangedKeys = with_new_key((), new, NOW)
    store = FileKeyStore(Path("keys.json"), changed.keys)
    attempts = Attempts(AttemptLimits(), clock)
    authenticator = ApiKeyAuthenticator(store, Grants(), attempts, clock)
    credential = credential_of(changed.text, "192.0.2.1")

    def outcome() -> Identity | str:
        try:
            known = authenticator.known(credential.digest)
            return known or authenticator.verify_now(credential)
        except WeirError as error:
            return error.code

    clock.advance(DAY.total_seconds() - 1)
    assert outcome() == "API_KEY_NOT_YET_VALID"
    clock.advance(1)
    assert isinstance(outcome(), Identity)
    # The days begin with the validity.
    clock.advance(30 * DAY.total_seconds() - 1)
    assert isinstance(outcome(), Identity)
    clock.advance(1)
    assert outcome() == "API_KEY_EXPIRED"


@pytest.mark.parametrize("begin", [timedelta(0), -DAY])
def test_a_key_does_not_begin_in_the_past(begin: timedelta) -> None:
    with pytest.raises(KeyRejected, match="is not in the future"):
        made((), begin)


def test_a_key_begins_and_ends_within_the_years_of_utc() -> None:
    """Otherwise no list of keys can show it."""
    begin = datetime.max.replace(tzinfo=timezone(-timedelta(hours=14)))
    with pytest.raises(KeyRejected, match="after the year 9999"):
        with_new_key((), NewKey(owner="acme", not_before=begin), NOW)

    (key,) = made((), DAY)
    stored = {**key.model_dump(mode="json"), "not_before": begin.isoformat()}
    with pytest.raises(ValidationError, match="not within the years 1 to 9999"):
        ApiKey.model_validate(stored)


@pytest.mark.parametrize(
    ("keys", "begin", "days"),
    [
        (made(made(())), None, None),
        (made(made(())), DAY, None),
        (made(made((), DAY), DAY), None, None),
        (made(made((), DAY), 2 * DAY), None, 3),
    ],
)
def test_a_third_key_is_rejected_if_all_would_be_valid_at_a_time(
    keys: Keys, begin: timedelta | None, days: int | None
) -> None:
    with pytest.raises(KeyRejected, match="acme has two valid keys, k_"):
        made(keys, begin, days)


@pytest.mark.parametrize(
    ("keys", "begin", "days"),
    [
        (made(made((), days=1)), DAY, None),
        (made(made((), DAY), DAY), None, 1),
    ],
)
def test_a_third_key_is_made_if_it_is_valid_at_another_time(
    keys: Keys, begin: timedelta | None, days: int | None
) -> None:
    assert len(made(keys, begin, days)) == 3


def test_a_key_that_has_not_begun_is_rotated_with_its_time() -> None:
    keys = made((), DAY)

    rotated = with_rotated_key(keys, keys[0].id, DAY, NOW)

    assert rotated.key.not_before == NOW + DAY
    assert rotated.text
    assert rotated.keys[0].expires == NOW + DAY + DAY
