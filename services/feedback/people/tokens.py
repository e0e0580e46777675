"""The token by which a contributor says who they are."""

from collections.abc import Iterable

from shared.auth import PREFIX as API_KEY


def sent(headers: Iterable[tuple[bytes, bytes]]) -> str | None:
    """The header `Receipt-Token`, else a bearer's authorization that is no API key; None without one."""
    authorization = None
    for name, value in headers:
        if name == b"receipt-token":
            return str(value, "latin-1")
        if name == b"authorization" and authorization is None:
            authorization = str(value, "latin-1")
    if authorization is None:
        return None
    scheme, _, token = authorization.partition(" ")
    token = token.strip()
    return token if scheme.lower() == "bearer" and not token.startswith(API_KEY) else None
