"""Statistics by statsmodels and scipy, in a process of their own: they are large, and the serving one stays small."""
