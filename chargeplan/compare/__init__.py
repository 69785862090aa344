"""Plans side by side: what differs, what it is worth, and what of it is proven."""
