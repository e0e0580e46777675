"""Many inputs at once, as an app sends them that was offline when they were made."""
