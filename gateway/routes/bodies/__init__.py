"""Bodies of messages as JSON values, and the formats that they are written in."""
