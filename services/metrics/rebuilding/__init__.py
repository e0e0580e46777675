"""Counting anew from the whole history, beside the live counting: what differs is found, and corrected exactly.

All that buckets hold are sums. So where a recount and the live buckets differ at one position of the topic, they differ
by the same amounts at every later one, for both go on by the same events. The difference is found at the positions of
one snapshot of the database, while workers go on, and is added to the live rows by one ordinary transaction.
"""
