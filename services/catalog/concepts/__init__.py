"""A concept: a term of a vocabulary that services are described with, in a city's own words."""
