"""A stored response, from which tests make others by `replace`."""

from typing import Final

from weir.gateway.upstreams.middleware.cache.stored import StoredResponse

STORED: Final = StoredResponse(
    status=200,
    headers=(),
    body=b"",
    received_s=0.0,
    received_epoch_s=0.0,
    initial_age_s=0.0,
    lifetime_s=60.0,
    public=False,
    always_revalidate=False,
    stale_while_revalidate_s=0.0,
    stale_if_error_s=0.0,
    selection=(),
    tags=frozenset(),
)
