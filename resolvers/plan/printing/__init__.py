"""The text of a plan: documents and representations of its fetches."""
