"""What is said on proposals, in threads."""
