"""How an operation becomes data: parse, plan, execute, over sources."""
