"""Named policies: conditions in CEL or Python that a caller has to fulfil."""
