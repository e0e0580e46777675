"""The commands of `civicloop`. Each imports what it needs when it is called, so that all start quickly."""
