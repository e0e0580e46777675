"""A set of principles of good governance, and the rule by which its maturity levels are given."""
