"""The composed schema: its SDL, and the API schema for clients."""
