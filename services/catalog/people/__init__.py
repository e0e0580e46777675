"""A person in a role: who answers for a service, an objective or a commitment."""
