"""What holds for every test."""

from hypothesis import settings

# What holds is the claim, not how fast a shared machine shows it.
settings.register_profile("patient", deadline=None)
settings.load_profile("patient")
