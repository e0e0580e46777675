"""What scores are about: services, and what pools several of them."""
