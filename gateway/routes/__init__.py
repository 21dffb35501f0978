"""Which route a request takes: path templates, a segment trie, one table of routes."""
