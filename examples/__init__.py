"""Systems to try Weir with; they are not part of the product."""
