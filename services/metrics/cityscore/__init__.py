"""The city as CityScore shows it: each figure relative to its target, by day, week, month and quarter."""
