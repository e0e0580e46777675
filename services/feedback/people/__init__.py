"""Who gives: a contributor known by a receipt token or by an account, and what is left of one who was erased."""
