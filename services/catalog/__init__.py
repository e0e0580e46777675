"""What a city offers and who stands behind it: jurisdictions, districts, organisations and services."""
