"""Feedback on a real socket, for clients that bring their own HTTP."""

import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager

import uvicorn

from services.feedback.app import create_app
from services.feedback.settings import FeedbackSettings


@contextmanager
def served(settings: FeedbackSettings) -> Iterator[str]:
    """Where feedback is served meanwhile."""
    listening = socket.create_server(("127.0.0.1", 0))
    server = uvicorn.Server(uvicorn.Config(create_app(settings), log_level="error"))
    thread = threading.Thread(target=server.run, kwargs={"sockets": [listening]})
    thread.start()
    try:
        yield f"http://127.0.0.1:{listening.getsockname()[1]}"
    finally:
        server.should_exit = True
        thread.join()
        listening.close()
