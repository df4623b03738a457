"""A second opinion: a person labels cases without seeing their labels, and the two are compared."""
