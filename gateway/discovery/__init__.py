"""The discovery of the instances of upstreams."""
