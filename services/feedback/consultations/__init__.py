"""Consultations: the city asks questions for a while, one answer per contributor counts, and all see the results."""
