"""SQL of addresses, for whoever reads notes."""


def unfetched(note_id: str) -> str:
    """The addresses that came with a note and of which there is no picture here, as an array."""
    return f"""(
        SELECT coalesce(array_agg(f.url ORDER BY f.position), '{{}}') FROM media_fetch f
        WHERE f.note_id = {note_id} AND f.state <> 'fetched')"""
