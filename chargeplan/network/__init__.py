"""Read an OpenStreetMap file into one strongly connected road network."""
