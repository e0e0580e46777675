"""Badges: a service's score as a small picture for other pages."""
