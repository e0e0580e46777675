"""Contributions to services: hours, data, skills, goods and money, pledged, made and verified."""
