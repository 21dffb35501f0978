"""From the fetch graph to the plan: documents and representations."""
