"""Candidates for cases out of a live Loki: without noise and secrets, one of each error, spread by severity."""
