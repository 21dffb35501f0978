"""Batched loading for Python resolvers."""

from resolvers.loaders.batches import Batch, Loaders

__all__ = ["Batch", "Loaders"]
