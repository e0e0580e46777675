"""Imports: exports of other systems, taken row by row as a mapping file says, without doubling and without loss."""
