"""Metrics: what follows from citizens' input: buckets, indicators, scores."""
