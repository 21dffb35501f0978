"""Batched loading for Python resolvers."""

from resolvers.batches import Batch, Loaders

__all__ = ["Batch", "Loaders"]
