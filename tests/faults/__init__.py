"""What happens when parts die: the campaigns of the delivery design, at a dose that fits every run."""
