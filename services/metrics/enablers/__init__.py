"""Capacity and collaboration: what enables a service's performance, shown beside it and never mixed into it."""
