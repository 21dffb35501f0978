"""The pipeline of client requests, in front of the façades."""
