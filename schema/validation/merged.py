def validate_supergraph(s):
    pass
