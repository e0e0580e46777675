"""The embedded stack: the real parts of the platform on one machine, started by one command."""
