"""One client connection, and the state that it shares with others."""
