"""What citizens and staff add to a request: public notes, and private ones by staff."""
