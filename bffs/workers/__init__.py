"""The processes that serve, as the control port sees them: this one, or workers."""
