"""Write the map, the GeoJSON, the GeoPackage and the run record."""
