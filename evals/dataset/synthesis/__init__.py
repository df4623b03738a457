"""Synthetic cases: failure templates kept as data, each rendered as the components that print it would."""
