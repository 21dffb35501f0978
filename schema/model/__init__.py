"""The values of schemas: definitions, types, constants, field sets."""
