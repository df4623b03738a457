"""What a dataset holds: counts against targets, coverage, completeness, near-duplicates, leakage; as a report."""
