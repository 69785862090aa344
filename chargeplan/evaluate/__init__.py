"""Recompute every claim of a plan without the solver."""
