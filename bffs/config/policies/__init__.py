"""From sections of the model to the frozen policies that each package takes."""
