"""A region: cities that are looked at together."""
