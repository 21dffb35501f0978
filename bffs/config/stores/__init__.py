"""Where the configuration is stored, and how it is changed there."""
