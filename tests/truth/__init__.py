"""What the platform says of a real city, against a plain computation over the city's own files."""
