"""Systems to try Weir on; none of it is part of the product."""
