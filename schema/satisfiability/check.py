def check_satisfiability(supergraph):
    pass
