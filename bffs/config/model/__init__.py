"""The model of weir.yaml: sections by pydantic, each with the types of its values."""
