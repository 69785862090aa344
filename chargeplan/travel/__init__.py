"""Compute driving times from every cell to every site."""
