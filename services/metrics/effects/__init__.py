"""What changed with a change: an indicator's weeks before a day and after it."""
