"""Requests for analysis: all of them as a table, and how many there are where."""
