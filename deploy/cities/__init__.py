"""Cities that a stack can begin with: what is publicly known of them, and how it gets in."""
