"""What goes with good scores: rank correlations over services. Association, never cause."""
