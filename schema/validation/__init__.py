"""What must hold for each subgraph alone, and for the merged schema."""
