"""Generations: one configuration, built, serving and retired."""
