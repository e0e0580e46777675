"""Organisations that stand behind services."""
