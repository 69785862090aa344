"""Read a planner's YAML into frozen settings."""
