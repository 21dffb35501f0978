"""No response of one identity is served to another, whatever the response allows."""

from hypothesis import given
from hypothesis import strategies as st
from msgspec import structs

from tests.support.cached import CachedOrigin, fields, reply
from tests.support.calls import upstream_request

GET = upstream_request("GET", "/titles/1")
POST = upstream_request("POST", "/graphql", body=b'{"query":"{a}"}')
WHO = st.sampled_from(["", "ada", "bob"])


CREDENTIAL = st.sampled_from(["", "Authorization: Bearer %s", "Cookie: id=%s"])


DIRECTIVES = st.sampled_from(
    ["max-age=60", "private, max-age=60", "s-maxage=60", "no-store", "no-cache"]
)


EXTRA = st.sampled_from(["", "Vary: Authorization", "Vary: Cookie", "Set-Cookie: a=b"])


@given(
    asks=st.lists(st.tuples(WHO, CREDENTIAL, st.booleans()), min_size=2, max_size=8),
    directives=DIRECTIVES,
    extra=EXTRA,
    post=st.booleans(),
)
async def test_what_one_identity_was_told_is_never_told_to_another(
    asks: list[tuple[str, str, bool]], directives: str, extra: str, *, post: bool
) -> None:
    cached = CachedOrigin(reply(f"Cache-Control: {directives}", *filter(None, [extra])))
    owners: dict[bytes, str] = {}
    for who, credential, partitioned in asks:
        lines = fields(credential % who) if credential and who else ()
        partition = who if partitioned else ""
        request = structs.replace(POST if post else GET, partition=partition)
        body, _ = await cached.ask(request, lines)
        me = partition or (who if lines else "")
        assert owners.setdefault(body, me) == me
