"""Service requests and their life: open, acknowledge, answer, close, reopen."""
