"""Policy rules as data: what authorities ask of a city's charging stations."""
