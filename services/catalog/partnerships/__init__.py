"""A partnership: who does something together, by which shares of cost and risk, and for how long."""
