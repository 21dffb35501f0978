"""Who is asking, and what they get: façades, configuration, composition root."""
