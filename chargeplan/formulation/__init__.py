"""The linear model of a planning problem: its columns, its constraint families, its objective."""
