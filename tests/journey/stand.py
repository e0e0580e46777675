"""A stack with a mail server, on which somebody has walked the way."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from aiosmtpd.controller import Controller

from deploy.local.ports import free_block
from tests.feedback.test_notices import Letters, text
from tests.journey.way import MAIL, Way
from tests.support import StackUnderTest

PAGE = Path(__file__).parents[2] / "docs" / "a-citizens-way.md"


@contextmanager
def walked(folder: Path) -> Iterator[tuple[Way, StackUnderTest]]:
    """The way once it is walked, and its stack, which ends with this."""
    letters = Letters()
    post = Controller(letters, hostname="127.0.0.1", port=free_block(1))
    post.start()
    stack = StackUnderTest(folder, CIVICLOOP_FEEDBACK_SMTP_URL=f"smtp://127.0.0.1:{post.port}")
    try:
        stack.up()
        way = Way(stack, lambda: [text(mail) for mail in letters.mails if mail["To"] == MAIL])
        way.go()
        yield way, stack
    finally:
        stack.down()
        post.stop()
