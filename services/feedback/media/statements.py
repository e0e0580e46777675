"""SQL of pictures, for whoever reads what they belong to."""

from services.feedback.media.domain import REQUEST


def pictures_of(owner_id: str, kind: str = REQUEST) -> str:
    """The pictures of something that anybody may see, as a JSON array: `id`, `width`, `height`."""
    return f"""(
        SELECT coalesce(jsonb_agg(jsonb_build_object('id', m.id, 'width', m.width, 'height', m.height)
            ORDER BY m.position, m.id), '[]')
        FROM media m WHERE m.owner_id = {owner_id} AND m.owner_kind = '{kind}' AND m.hidden_at IS NULL)"""
