"""A commitment: what somebody has promised to do by a day, and whether it was kept."""
