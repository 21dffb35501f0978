"""Walk: the positions of a response, and what is to be fetched at them."""
