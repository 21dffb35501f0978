"""The cost of an operation: estimated from its variables, and actual from its data.

compile     an operation, its schema and its weights -> the costs of its fields
estimate    costs of fields, variables -> a number, before any service is called
actual      costs of fields, merged replies -> a number

The arithmetic is that of https://ibm.github.io/graphql-specs/cost-spec.html, with the
default weights of Apollo Router.
"""
