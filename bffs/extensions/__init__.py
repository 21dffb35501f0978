"""The user's own Python objects: subgraphs and override labels."""
