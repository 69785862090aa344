"""Turn people, places and vehicles into energy wanted per cell."""
