"""Events of the cluster among log lines: recognised in the forms in which collectors and controllers write them."""
