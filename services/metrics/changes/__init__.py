"""Why a score changed: the difference of two days as contributions that add up to it."""
