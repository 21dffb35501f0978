"""The run of a plan: its fetches, and the merge of their replies."""
