"""What the public or a rule flags, what staff decides of it, and what its giver says to that."""
