"""WebSocket connections through a proxy: the handshake, and the tunnel after it."""
