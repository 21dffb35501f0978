"""The model of the Redis that gateways share."""

from bffs.config.model.scalars import Duration
from bffs.config.model.section import Section
from bffs.config.model.texts import KeyPrefix
from bffs.config.model.urls import RedisUrl
from gateway.upstreams.caching.redis_policy import RedisPolicy

# The defaults are those of the policy.
_REDIS = RedisPolicy("")


class RedisSection(Section):
    """What several gateways share: cached answers, and what is to be forgotten."""

    url: RedisUrl
    """Where it is, such as `redis://:${REDIS_PASSWORD}@10.0.0.1:6379/0`."""
    prefix: KeyPrefix = _REDIS.prefix
    """What all keys begin with; gateways that share it share their answers."""
    timeout: Duration = _REDIS.timeout_s
    """The longest that a request waits for it."""
