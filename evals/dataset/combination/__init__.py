"""From captures, parts of captures and synthetic cases to one dataset with the wanted distribution."""
