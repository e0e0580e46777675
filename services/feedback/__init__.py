"""What citizens give, and the answers: requests and ratings."""
