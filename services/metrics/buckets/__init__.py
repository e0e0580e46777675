"""Buckets: exact whole numbers that every score is computed from."""
