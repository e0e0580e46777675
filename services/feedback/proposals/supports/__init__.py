"""Supports of proposals: one per contributor."""
