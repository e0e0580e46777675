"""What a city does for its citizens, and in what time it means to."""
