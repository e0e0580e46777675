"""Periods in which citizens may answer or vote: the clock of the database decides, and no other."""
