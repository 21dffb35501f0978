"""How one HTTP exchange with one upstream instance is made."""
