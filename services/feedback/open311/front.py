"""What client apps do in ways of their own, put right before a route is looked for: ASGI middleware."""

from starlette.datastructures import Headers
from starlette.types import ASGIApp, Message, Receive, Scope, Send

ROOT = "/open311/"
FORMATS = {"application/json": "json", "text/json": "json", "text/xml": "xml", "application/xml": "xml"}


class Front:
    """HEAD is GET without its body; an address without an extension is in the format that `Accept` asks for."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or not scope["path"].startswith(ROOT):
            await self._app(scope, receive, send)
            return
        path = _with_extension(scope["path"], Headers(scope=scope))
        scope = {**scope, "path": path, "raw_path": path.encode("utf-8", "surrogateescape")}
        if scope["method"] == "HEAD":
            scope["method"], send = "GET", _without_body(send)
        await self._app(scope, receive, send)


def _with_extension(path: str, headers: Headers) -> str:
    stem, dot, extension = path.rpartition(".")
    if dot and extension.lower() in ("json", "xml"):
        return f"{stem}.{extension.lower()}"
    return f"{path.rstrip('/')}.{preferred(headers.get('accept', ''))}"


def preferred(accept: str) -> str:
    """The format that a caller likes best (RFC 9110, 12.5.1); JSON where it likes both alike, or none."""
    weights = {"json": 0.0, "xml": 0.0}
    for each in accept.split(","):
        kind, *parameters = (part.strip().lower() for part in each.split(";"))
        if (format := FORMATS.get(kind)) is not None:
            weights[format] = max(weights[format], _weight(parameters))
    return "xml" if weights["xml"] > weights["json"] else "json"


def _weight(parameters: list[str]) -> float:
    said = next((each[2:] for each in parameters if each.startswith("q=")), "1")
    try:
        return float(said)
    except ValueError:
        return 0.0


def _without_body(send: Send) -> Send:
    async def bare(message: Message) -> None:
        await send({**message, "body": b""} if message["type"] == "http.response.body" else message)

    return bare
