"""Read copies of the catalogue: what may be reported on and rated, and where."""
