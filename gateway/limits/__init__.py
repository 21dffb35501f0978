"""Rate limits as values and state machines, without a network and without a clock."""
