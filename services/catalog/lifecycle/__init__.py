"""The life of a service: from draft to retired, by transitions that may be planned ahead."""
