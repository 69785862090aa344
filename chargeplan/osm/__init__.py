"""OpenStreetMap data files: what one is, whether it is whole, and how one is written. No network access."""
