"""How much the order of services hangs on choices that a scorecard makes."""
