"""The context of a request, from its head: client address, ids, trace."""
