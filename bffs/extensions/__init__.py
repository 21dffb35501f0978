"""Python objects that users provide: subgraphs and override labels."""
