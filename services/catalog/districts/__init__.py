"""Parts of a jurisdiction, with their inhabitants."""
