"""How cities show themselves: their names, languages and colours."""
