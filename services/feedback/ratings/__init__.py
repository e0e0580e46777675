"""Ratings of services, 1 to 5: the latest per contributor and service counts."""
