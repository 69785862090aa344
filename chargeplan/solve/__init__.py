"""Search for a plan and prove how good it is."""
