"""Bring OpenStreetMap data onto the disk: which area, from which server, complete or not at all."""
