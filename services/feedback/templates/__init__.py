"""Answers that staff gives again and again, written once, with blanks for what differs."""
