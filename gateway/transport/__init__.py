"""HTTP exchanges with single instances of upstreams."""
