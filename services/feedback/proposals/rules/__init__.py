"""How many supports a proposal needs, and how long the city may take to decide."""
