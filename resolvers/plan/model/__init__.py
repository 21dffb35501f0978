"""The values of the planner: plan nodes, expected fields, errors."""
