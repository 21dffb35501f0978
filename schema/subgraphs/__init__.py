"""The parser of one subgraph: parse, link, complete, validate."""
