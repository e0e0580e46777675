"""CPSV-AP 3.2.0, the European Commission's vocabulary of public services: out as Turtle and JSON-LD, and in again.

Source: semiceu.github.io/CPSV-AP/releases/3.2.0. What this model does not hold is kept as it came (`other_statements`).
"""
