"""The stream: whoever listens sees scores change, without a gap across reconnections."""
