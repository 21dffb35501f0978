"""Batched loading for Python resolvers."""

from weir.resolvers.batches import Batch, Loaders

__all__ = ["Batch", "Loaders"]
