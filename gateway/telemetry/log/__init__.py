"""The JSON log: lines of events and of the logging module, and their writer."""
