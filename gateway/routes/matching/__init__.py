"""From a request to the rule that it matches: hosts, paths, conditions."""
