"""The parts of requests and responses that endpoints change or pass on."""
