"""A citizen's whole way through the platform, on real parts."""
