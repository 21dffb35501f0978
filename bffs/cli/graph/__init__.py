"""The commands that compose a graph, describe it and compare its versions."""
