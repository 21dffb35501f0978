"""What a call to an upstream passes through: one concern per file."""
