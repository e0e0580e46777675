"""Scorecards: those of the package, and those that an installation makes, checks, stores and activates."""
