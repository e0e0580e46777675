"""A capacity report: with what staff, skills, training and budget an organisation worked in a period."""
