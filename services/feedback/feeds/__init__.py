"""What happens to requests, as feeds that any reader follows."""
