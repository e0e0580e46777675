"""What all rooms of the catalogue share: how an entity is read, changed, kept in versions, and published."""
