"""Find, filter and price the places where stations can stand."""
