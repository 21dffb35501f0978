"""The graph of a generation: its subgraphs, their SDLs and the composition."""
