"""What becomes of a proposal once it is accepted: milestones, one by one, until it is there."""
