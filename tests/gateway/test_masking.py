"""Secrets in texts are masked by their form, or by the name before them."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from weir.gateway.masking import without_secrets

TEXTS = [
    ("a plain message", "a plain message"),
    ("'id': 7, the token is expired", "'id': 7, the token is expired"),
    # URLs
    ("redis://:pass@host:6379", "redis://***@host:6379"),
    ("at 'redis://u:p@ss/w@rd@host', 1", "at 'redis://***@host', 1"),
    ("http://u:token=a@b:c@host/d", "http://***@host/d"),
    ("GET /a?key=abc&page=2 failed", "GET /a?key=***&page=*** failed"),
    ("GET /a?token=abc&page=2 failed", "GET /a?token=*** failed"),
    # Forms
    ("got Bearer abc.def, 1", "got Bearer *** 1"),
    ("basic dXNlcjpwYXNz,", "basic ***"),
    ("got eyJhbGciOiJSUzI1NiJ9.eyJzdWIiOiIxIn0.sig", "got ***"),
    (f"the key weir_{'a1' * 24}a is not valid", "the key *** is not valid"),
    # Names
    ("{'password': 'hunter2', 'id': 7}", "{'password': ***, 'id': 7}"),
    ('{"api_key":"a\\"b c","id":7}', '{"api_key":***,"id":7}'),
    ('"{\\"secret\\": \\"a b\\"}"', '"{\\"secret\\": ***'),
    ("[(b'x-api-key', b'a b'), 1]", "[(b'x-api-key', ***), 1]"),
    ("Login(passwd='a, b', id=7)", "Login(passwd=***, id=7)"),
    ("password: hunter2 is wrong", "password: *** is wrong"),
    ("DB_PASSWORD = p?a@b=c", "DB_PASSWORD = ***"),
    ("password=http://a@b", "password=***"),
    ("token == 'a b'", "token == ***"),
    ("'client_secret' => 'a b'", "'client_secret' => ***"),
    ("'tokens': [{'a': ['b', 'c']}, 'd']", "'tokens': ***"),
    ("'password': 'it ends later", "'password': ***"),
    ("'password': 'a\\", "'password': ***"),
    ("Authorization: Digest a=b, c=d\nid: 7", "Authorization: ***\nid: 7"),
    ("set-cookie: a=b; c=d", "set-cookie: ***"),
]


@pytest.mark.parametrize(("text", "shown"), TEXTS)
def test_secrets_are_masked(text: str, shown: str) -> None:
    assert without_secrets(text) == shown


FORMS = [
    "http://user:{}@host/",
    "{{'id': 1, 'password': '{}'}}",
    '{{"token":"{}"}}',
    "Settings(secret=b'{}')",
    "api-key: {} is wrong",
    "Cookie: a={}; b={}",
    "Bearer {}",
]


@given(st.sampled_from(FORMS), st.text("aZ0:=@/?,;.-_&%#(){}[]\\", min_size=1))
def test_a_secret_is_masked_whatever_its_characters(form: str, secret: str) -> None:
    # Its ends can be in no other part of the text.
    secret = f"<{secret}>"

    shown = without_secrets(form.format(secret, secret))

    assert "<" not in shown
    assert ">" not in shown
