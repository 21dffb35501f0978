"""The values of a call, and the interface of an upstream."""
