"""The model of the Redis that gateways share."""

from weir.bffs.config.model.section import Section
from weir.bffs.config.model.values.scalars import Duration
from weir.bffs.config.model.values.texts import KeyPrefix
from weir.bffs.config.model.values.urls import RedisUrl
from weir.gateway.shared_store.policy import SharedStorePolicy

# The defaults are those of the policy.
_STORE = SharedStorePolicy("")


class RedisSection(Section):
    """Redis that several gateways share for cached responses and rate limits."""

    url: RedisUrl
    """Address, such as `redis://:${REDIS_PASSWORD}@10.0.0.1:6379/0`."""
    prefix: KeyPrefix = _STORE.prefix
    """Prefix of all keys; gateways with the same prefix share responses and limits."""
    timeout: Duration = _STORE.timeout_s
    """Longest time that a request waits for Redis. After it, the process continues with
    its own copies and its share of each limit."""
