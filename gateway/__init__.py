"""The shared traffic layer: how we talk to clients and to upstreams."""
