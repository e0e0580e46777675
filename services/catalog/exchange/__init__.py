"""Whole catalogues in and out: YAML and CSV, and the formats that other systems read."""
