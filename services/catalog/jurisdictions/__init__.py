"""Cities, and other authorities, that this installation serves."""
