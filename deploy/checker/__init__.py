"""The checker: recounts everything from feedback's database and the raw topics, and compares it with what metrics says.

It shares no code with what it checks: its own reader of topics, its own SQL (`*.sql`), its own arithmetic, written
from docs/scores.md. docs/checker.md says what it reports.
"""
