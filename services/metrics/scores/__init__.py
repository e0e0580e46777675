"""Scores: from exact buckets to figures that can be questioned, as docs/scores.md defines them."""
