"""A strategy: what the city wants to become, as a group of objectives."""
