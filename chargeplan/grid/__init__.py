"""Read the electricity grid as a tree of headroom and hang the sites on it."""
