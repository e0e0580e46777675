"""Proposals by citizens: draft, discussion, supports, a decision with reasons by a deadline, delivery."""
