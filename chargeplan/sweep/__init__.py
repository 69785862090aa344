"""One setting of the model varied: coverage against money, point by point, with one proof for each."""
