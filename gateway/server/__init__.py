"""The HTTP/1.1 server: listening sockets, connections, signals, drain."""
