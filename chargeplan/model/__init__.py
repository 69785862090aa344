"""State the planning problem, free of any solver."""
