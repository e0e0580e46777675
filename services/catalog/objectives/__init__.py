"""An objective: what shall be reached, measured by what, from where, and by when."""
