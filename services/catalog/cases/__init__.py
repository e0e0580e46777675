"""A case: what was done, in which context, with what effect, and what was learnt."""
