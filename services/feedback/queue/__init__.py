"""What staff has to do: requests in the order in which they are due, and who does them."""
