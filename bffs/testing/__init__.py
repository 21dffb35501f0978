"""The testing kit of a project: façades over services in memory, with faults."""
