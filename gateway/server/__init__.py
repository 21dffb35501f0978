"""The listening socket: our protocol class on uvicorn's, drain."""
