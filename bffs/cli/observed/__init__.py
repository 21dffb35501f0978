"""The commands on what a running gateway has observed."""
