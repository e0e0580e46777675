"""A decision of the log: what was decided, by whom, why, and what else was considered."""
