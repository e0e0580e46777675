"""Merging a proposal into another, by staff or by the two authors."""
