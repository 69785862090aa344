"""A finished plan in the formats that other desks use."""
