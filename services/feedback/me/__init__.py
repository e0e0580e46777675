"""What the holder of a receipt token gave."""
