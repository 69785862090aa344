"""Draw the embedded city, a schematic Islamabad, from the small tables in data/demo."""
