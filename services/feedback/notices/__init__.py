"""Those who follow something hear of what happens to it, by e-mail."""
