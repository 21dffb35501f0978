"""Plans as generated Python functions, for responses without errors.

    *_source    the plan and the shape of the response -> source text
    compiling   source text -> functions
    code        the functions of one executable, made when it is used often
    runtime     the functions that generated code calls

Generated code handles the values that fit their types. It raises `NotAsExpected` for
any other value, and the interpreter then does the same work from the start, with errors
and their paths. So there is one implementation of errors and of null propagation, and
both ways have the same results.
"""
