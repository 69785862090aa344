"""The classes of roads that a car may use: what is downloaded and what is read are the same."""

from __future__ import annotations

# The order is the rank of a road; positions serve as class codes in arrays.
ROAD_CLASSES = (
    "motorway",
    "motorway_link",
    "trunk",
    "trunk_link",
    "primary",
    "primary_link",
    "secondary",
    "secondary_link",
    "tertiary",
    "tertiary_link",
    "unclassified",
    "residential",
    "living_street",
)
