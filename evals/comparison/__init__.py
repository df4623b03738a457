"""Two runs on the same cases: what flipped, whether it is more than chance, and whether a change may land."""
