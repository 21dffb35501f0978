"""The observed requests on the control port, for people and scripts."""
