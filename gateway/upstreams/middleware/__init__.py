"""The layers of an upstream's stack, one concern per file."""
