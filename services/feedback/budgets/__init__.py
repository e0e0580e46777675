"""Participatory budgets: citizens vote on which projects a sum is spent on, counted by a rule stated beforehand."""
