"""The mail server, as its address in the settings names it: `smtp://` (STARTTLS where offered) or `smtps://`."""

from email.message import EmailMessage
from typing import NamedTuple
from urllib.parse import unquote, urlsplit

import aiosmtplib

PORTS = {"smtp": 587, "smtps": 465}
SECONDS = 30


class BadAddress(ValueError):
    """The address of the mail server cannot be used."""


class Server(NamedTuple):
    """Where to hand mails in."""

    host: str
    port: int
    tls: bool
    username: str | None
    password: str | None


def server(url: str) -> Server:
    """The server of `smtp://user:password@host:port`. Raises BadAddress."""
    parts = urlsplit(url)
    if parts.scheme not in PORTS or not parts.hostname:
        raise BadAddress("CIVICLOOP_FEEDBACK_SMTP_URL looks like smtp://user:password@host:587 or smtps://...")
    user, password = (None if each is None else unquote(each) for each in (parts.username, parts.password))
    return Server(parts.hostname, parts.port or PORTS[parts.scheme], parts.scheme == "smtps", user, password)


async def send(to: Server, mail: EmailMessage) -> None:
    """Hands a mail in. Raises aiosmtplib.SMTPException or OSError."""
    await aiosmtplib.send(
        mail,
        hostname=to.host,
        port=to.port,
        use_tls=to.tls,
        username=to.username,
        password=to.password,
        timeout=SECONDS,
    )
