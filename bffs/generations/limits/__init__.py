"""The limits of a generation: configured ones, their saved states, a rehearsal."""
