"""A mail to a follower, from what is known when it is sent."""

from collections.abc import Sequence
from email.headerregistry import Address
from email.message import EmailMessage
from email.utils import parseaddr
from typing import NamedTuple
from uuid import UUID

import asyncpg

from services.feedback.notices import texts
from services.feedback.notices.domain import Follow
from services.feedback.notices.headlines import headline
from services.feedback.notices.languages import translations
from services.feedback.notices.wording import render
from services.feedback.receipts import Receipts


class Item(NamedTuple):
    """One piece of news, as it is written."""

    headline: str
    text: str | None
    address: str
    invitation: str | None


class Writer:
    """Writes mails that lead to pages below `base`, from `sender`."""

    def __init__(self, receipts: Receipts, base: str, sender: str) -> None:
        self._receipts = receipts
        self._base = base.rstrip("/")
        self._sender = sender

    async def confirmation(self, connection: asyncpg.Connection, follow: Follow) -> EmailMessage:
        """The mail that asks whether a subscription was wanted."""
        subject = await texts.name(connection, follow.subject)
        body = render("confirm.txt", follow.language, subject=subject, confirm=self._page(follow, "confirm"))
        title = translations(follow.language).gettext("Please confirm: news of %(subject)s") % {"subject": subject}
        return self._mail(follow, title, body, f"ask-{follow.id}")

    async def news(
        self, connection: asyncpg.Connection, follow: Follow, rows: Sequence[asyncpg.Record]
    ) -> EmailMessage:
        """One mail of all that is to be told."""
        items = [await self._item(connection, follow, row) for row in rows]
        subject = await texts.name(connection, follow.subject)
        unsubscribe = self._page(follow, "unsubscribe")
        body = render("news.txt", follow.language, items=items, subject=subject, unsubscribe=unsubscribe)
        more = translations(follow.language).gettext("%(count)s news of %(subject)s")
        title = items[0].headline if len(items) == 1 else more % {"count": len(items), "subject": subject}
        return self._mail(follow, title, body, str(rows[0]["id"]))

    async def _item(self, connection: asyncpg.Connection, follow: Follow, row: asyncpg.Record) -> Item:
        told = await texts.told(connection, row)
        line = headline(row["event"], told.name, row["telling"], translations(follow.language).gettext)
        path = {"request": "requests", "proposal": "proposals", "call": "calls"}.get(row["about_kind"])
        path = path or f"{row['about_kind']}s"
        address = f"{self._base}/v1/{path}/{row['about_id']}"
        return Item(line, told.text, address, await self._invitation(connection, follow, row))

    async def _invitation(self, connection: asyncpg.Connection, follow: Follow, row: asyncpg.Record) -> str | None:
        """For whoever made a request that was closed."""
        if row["event"] != "request-closed":
            return None
        invitation = await texts.invitation(connection, UUID(row["about_id"]), follow.contributor)
        if invitation is None:
            return None
        return f"{self._base}/v1/invitations/{self._receipts.invitation_token(invitation)}"

    def _page(self, follow: Follow, name: str) -> str:
        return f"{self._base}/follows/{self._receipts.follow_token(follow.id)}/{name}"

    def _mail(self, follow: Follow, title: str, body: str, key: str) -> EmailMessage:
        """Sent twice, as after a death in between, it is the same mail: mail programs show it once."""
        name, address = parseaddr(self._sender)
        mail = EmailMessage()
        mail["From"] = Address(name, addr_spec=address)
        mail["To"] = follow.email
        mail["Subject"] = " ".join(title.split())[:200]
        mail["Message-ID"] = f"<{key}@{address.rpartition('@')[2]}>"
        mail["Auto-Submitted"] = "auto-generated"
        mail["List-Unsubscribe"] = f"<{self._page(follow, 'unsubscribe')}>"
        mail["List-Unsubscribe-Post"] = "List-Unsubscribe=One-Click"
        mail["Content-Language"] = follow.language
        mail.set_content(body)
        return mail
