"""Objectives of the catalogue: how far each has come, against plan."""
