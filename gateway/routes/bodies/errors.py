"""The error of a body that cannot be read or written in a format."""


class BodyError(ValueError):
    """A body that is not valid, or a value that a format cannot express."""
