def validate_subgraphs(s):
    pass
