"""Who is tied to whom: the network of actors behind a city's services, and what its form tells."""
