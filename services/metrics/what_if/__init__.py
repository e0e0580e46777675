"""What a score would be by another scorecard, with nothing saved."""
