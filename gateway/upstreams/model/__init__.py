"""The values of a call: policy, key, protocol of an upstream."""
