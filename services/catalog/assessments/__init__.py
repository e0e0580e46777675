"""An assessment of a service, or of a whole city, against a set of principles."""
