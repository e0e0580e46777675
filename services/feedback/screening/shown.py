"""The SQL of what the public reads in place of a text."""


def shown(table: str, column: str) -> str:
    """The text without personal data, and nothing where moderation hides it."""
    return f"CASE WHEN {table}.hidden_at IS NULL THEN coalesce({table}.{column}_masked, {table}.{column}) END"


def unless_hidden(table: str, value: str) -> str:
    """What goes with a text, and is hidden with it."""
    return f"CASE WHEN {table}.hidden_at IS NULL THEN {value} END"
