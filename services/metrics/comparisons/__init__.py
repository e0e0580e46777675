"""Comparisons: groups of services with each other, and subjects or times beside each other."""
