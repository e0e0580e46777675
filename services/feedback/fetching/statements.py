"""SQL of addresses, for whoever reads notes and answers."""

from typing import Literal


def unfetched(owner_id: str, column: Literal["note_id", "answer_id"] = "note_id") -> str:
    """The addresses that came with a note or an answer and of which there is no picture here, as an array."""
    return f"""(
        SELECT coalesce(array_agg(f.url ORDER BY f.position), '{{}}') FROM media_fetch f
        WHERE f.{column} = {owner_id} AND f.state <> 'fetched')"""
