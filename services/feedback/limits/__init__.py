"""How much input is taken from one place, by one contributor, or with one key."""
