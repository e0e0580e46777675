"""The events behind an indicator, read again from the topic: metrics keeps none of them."""
