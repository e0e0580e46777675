"""The council's report: what changed, scores with what they rest on, as a page and as PDF."""
