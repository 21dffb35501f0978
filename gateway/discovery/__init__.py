"""Where the instances of an upstream come from."""
