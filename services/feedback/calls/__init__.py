"""Calls for contributions: what the city asks citizens to give, until when, and how far it has come."""
