"""What several services use: contracts, the envelope, outbox, inbox and the edges. Names no feature of a service."""
