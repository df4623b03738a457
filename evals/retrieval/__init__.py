"""Is the right runbook found? Queries with judged documents, for words, vectors and both side by side."""
