"""Metrics of an experiment, one a file: formula, range and direction in the docstring, an interval with each value."""
