"""The process that serves: its event loop, interpreter, signals and phase."""
