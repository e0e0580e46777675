"""The inbox: each event takes effect once, in its order, in the transaction that moves the consumer's position."""
