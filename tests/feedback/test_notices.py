"""Followers hear of what they follow, by mails that a real SMTP server takes; nobody else does."""

import asyncio
import re
from collections.abc import AsyncIterator, Iterator
from email import message_from_bytes, policy
from email.message import EmailMessage
from typing import Any

import httpx
import pytest
from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, Envelope, Session
from fastapi import FastAPI

from deploy.local.ports import free_block
from services.feedback.app import create_app
from services.feedback.consumes import NewsHandler
from services.feedback.notices.mails import Writer
from services.feedback.notices.sending import Sender
from services.feedback.notices.smtp import server
from services.feedback.settings import FeedbackSettings
from shared.database import connection, transaction
from tests.feedback.conftest import Events, client_of

pytestmark = pytest.mark.usefixtures("lamps")

ADA = "ada@example.org"


class Letters:
    """What a mail server was handed; it refuses what `answer` says."""

    def __init__(self) -> None:
        self.mails: list[EmailMessage] = []
        self.answer = "250 OK"

    async def handle_RCPT(
        self, server: SMTP, session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        if self.answer.startswith("250"):
            envelope.rcpt_tos.append(address)
        return self.answer

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:
        assert isinstance(envelope.content, bytes)
        mail = message_from_bytes(envelope.content, policy=policy.default)
        assert isinstance(mail, EmailMessage)
        self.mails.append(mail)
        return "250 OK"

    def of(self, address: str) -> list[str]:
        return [text(mail) for mail in self.mails if mail["To"] == address]


def text(mail: EmailMessage) -> str:
    return f"{mail['Subject']}\n{mail.get_content()}"


@pytest.fixture
def letters() -> Letters:
    return Letters()


@pytest.fixture
def post(letters: Letters) -> Iterator[str]:
    """The address of a mail server."""
    controller = Controller(letters, hostname="127.0.0.1", port=free_block(1))
    controller.start()
    yield f"smtp://127.0.0.1:{controller.port}"
    controller.stop()


@pytest.fixture
async def feedback(settings: FeedbackSettings, post: str) -> AsyncIterator[FastAPI]:
    """An API process that knows of a mail server."""
    app = create_app(settings.model_copy(update={"smtp_url": post}))
    async with app.router.lifespan_context(app):
        yield app


class PostOffice:
    """Feedback's worker as far as mails go: it notes what was published, and sends."""

    def __init__(self, app: FastAPI, events: Events, post: str) -> None:
        self._app = app
        self._events = events
        self._noted = 0
        writer = Writer(app.state.receipts, "https://city.example", "City <city@example.net>")
        self.sender = Sender(app.state.engine, server(post), writer)

    async def deliver(self, service: str) -> None:
        await self.note(service)
        while await self.sender.step():
            pass

    async def note(self, service: str) -> None:
        events = (await self._events(service))[self._noted :]
        self._noted += len(events)
        async with transaction(self._app.state.engine) as database:
            await NewsHandler().apply_contracts(database, events)


@pytest.fixture
def office(feedback: FastAPI, events: Events, post: str) -> PostOffice:
    return PostOffice(feedback, events, post)


async def ask(client: httpx.AsyncClient, kind: str, subject: str, email: str = ADA, **more: Any) -> dict[str, Any]:
    body = {"subject_kind": kind, "subject_id": subject, "email": email} | more
    answer = await client.post("/v1/follows", json=body)
    assert answer.status_code == 201, answer.text
    found: dict[str, Any] = answer.json()
    return found


def link(mail: str, name: str) -> str:
    found = re.search(rf"https://city\.example(/follows/\S+/{name})", mail)
    assert found, mail
    return found[1]


async def follow(
    client: httpx.AsyncClient, office: PostOffice, letters: Letters, kind: str, subject: str, **more: Any
) -> dict[str, Any]:
    """Asks, and confirms by the page that the mail leads to."""
    made = await ask(client, kind, subject, **more)
    while await office.sender.step():
        pass
    path = link(text(letters.mails[-1]), "confirm")
    assert "<button" in (await client.get(path)).text
    assert (await client.post(path)).status_code == 200
    letters.mails.clear()
    return made


async def hole(client: httpx.AsyncClient, service: str, **more: Any) -> dict[str, Any]:
    answer = await client.post("/v1/requests", json={"service_id": service, "description": "A hole"} | more)
    assert answer.status_code == 201, answer.text
    found: dict[str, Any] = answer.json()
    return found


async def step(clerk: httpx.AsyncClient, request: dict[str, Any], **body: Any) -> None:
    answer = await clerk.post(f"/v1/requests/{request['id']}/status", json=body)
    assert answer.status_code == 200, answer.text


async def test_a_follower_hears_what_happens_to_a_request(
    citizen: httpx.AsyncClient, clerk: httpx.AsyncClient, office: PostOffice, letters: Letters, lamps: str
) -> None:
    request = await hole(citizen, lamps)
    await follow(citizen, office, letters, "request", request["id"])
    await step(clerk, request, status="answered", answer="We come on Monday")
    await step(clerk, request, status="closed", resolution="resolved")
    await office.deliver(lamps)
    [mail] = letters.of(ADA)
    assert "We come on Monday" in mail
    assert "closed as resolved" in mail
    assert f"https://city.example/v1/requests/{request['id']}" in mail


async def test_nothing_is_sent_before_the_address_is_confirmed(
    citizen: httpx.AsyncClient, clerk: httpx.AsyncClient, office: PostOffice, letters: Letters, lamps: str
) -> None:
    request = await hole(citizen, lamps)
    await ask(citizen, "request", request["id"])
    await step(clerk, request, status="answered", answer="We come on Monday")
    await office.deliver(lamps)
    [mail] = letters.of(ADA)
    assert "Monday" not in mail
    # To look at the page, as programs do that check links in mails, confirms nothing.
    await citizen.get(link(mail, "confirm"))
    await step(clerk, request, status="answered", answer="Or on Tuesday")
    await office.deliver(lamps)
    assert len(letters.mails) == 1


async def test_whoever_reported_is_invited_to_rate_and_others_are_not(
    citizen: httpx.AsyncClient, clerk: httpx.AsyncClient, office: PostOffice, letters: Letters, lamps: str
) -> None:
    request = await hole(citizen, lamps)
    own = {"Receipt-Token": request["receipt_token"]}
    citizen.headers.update(own)
    await follow(citizen, office, letters, "request", request["id"])
    del citizen.headers["Receipt-Token"]
    await follow(citizen, office, letters, "request", request["id"], email="bob@example.org")
    await step(clerk, request, status="closed", resolution="resolved")
    await office.deliver(lamps)
    [mine], [theirs] = letters.of(ADA), letters.of("bob@example.org")
    assert "/v1/invitations/" not in theirs
    found = re.search(r"https://city\.example(/v1/invitations/\S+)", mine)
    assert found
    rated = await citizen.post(found[1], json={"value": 5})
    assert rated.status_code == 201, rated.text


async def test_an_address_left_with_a_report_is_asked_once(
    citizen: httpx.AsyncClient, clerk: httpx.AsyncClient, office: PostOffice, letters: Letters, poles: str, city: str
) -> None:
    form = {"service_code": poles, "lat": "48.2", "long": "16.3", "attribute[KIND]": "led", "email": "Ada@Example.org"}
    made = await citizen.post(f"/open311/v2/requests.json?jurisdiction_id={city}", data=form)
    assert made.status_code == 201, made.text
    await office.deliver(poles)
    [mail] = letters.of(ADA)
    await citizen.post(link(mail, "confirm"))
    await step(clerk, {"id": made.json()[0]["service_request_id"]}, status="answered", answer="Soon")
    await office.deliver(poles)
    assert "Soon" in letters.of(ADA)[1]


async def test_one_click_ends_it_and_forgets_the_address(
    citizen: httpx.AsyncClient, clerk: httpx.AsyncClient, office: PostOffice, letters: Letters, lamps: str,
    feedback: FastAPI,
) -> None:  # fmt: skip
    request = await hole(citizen, lamps)
    await follow(citizen, office, letters, "request", request["id"], email="eve@example.org")
    await step(clerk, request, status="answered", answer="We come on Monday")
    await office.deliver(lamps)
    [mail] = letters.mails
    assert mail["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    path = mail["List-Unsubscribe"].strip("<>").removeprefix("https://city.example")
    assert "<button" in (await citizen.get(path)).text
    # As mail programs do it (RFC 8058).
    for _ in range(2):
        assert (await citizen.post(path, data={"List-Unsubscribe": "One-Click"})).status_code == 200
    await step(clerk, request, status="answered", answer="Or on Tuesday")
    await office.deliver(lamps)
    assert len(letters.mails) == 1
    async with connection(feedback.state.engine) as database:
        assert await database.fetchval("SELECT count(*) FROM follow WHERE email = 'eve@example.org'") == 0


async def test_news_of_a_district_come_once_a_day(
    citizen: httpx.AsyncClient, office: PostOffice, letters: Letters, lamps: str, city: str, feedback: FastAPI
) -> None:
    await follow(citizen, office, letters, "district", f"{city}.north")
    await hole(citizen, lamps, district_id=f"{city}.north")
    await hole(citizen, lamps, district_id=f"{city}.south")
    await office.deliver(lamps)
    [first] = letters.of(ADA)
    assert first.count("a new request") == 2  # in the subject and in the body
    for _ in range(3):
        await hole(citizen, lamps, district_id=f"{city}.north")
    await office.deliver(lamps)
    assert len(letters.mails) == 1
    async with connection(feedback.state.engine) as database:
        await database.execute("UPDATE follow SET told_at = told_at - interval '1 day' WHERE told_at > '-infinity'")
    await office.deliver(lamps)
    assert letters.of(ADA)[1].startswith("3 news of north")


async def test_mails_are_in_the_language_of_the_follower(
    citizen: httpx.AsyncClient, clerk: httpx.AsyncClient, office: PostOffice, letters: Letters, lamps: str
) -> None:
    request = await hole(citizen, lamps)
    await ask(citizen, "request", request["id"], language="es")
    await office.deliver(lamps)
    assert letters.of(ADA)[0].startswith("Por favor, confirme")
    page = (await citizen.get(link(letters.of(ADA)[0], "confirm"))).text
    assert '<html lang="es">' in page
    await citizen.post(link(letters.of(ADA)[0], "confirm"))
    await step(clerk, request, status="closed", resolution="declined")
    await office.deliver(lamps)
    assert "se cerró como rechazada" in letters.of(ADA)[1]


async def test_what_is_personal_stays_out_of_mails_to_others(
    citizen: httpx.AsyncClient, clerk: httpx.AsyncClient, office: PostOffice, letters: Letters, lamps: str
) -> None:
    request = await hole(citizen, lamps)
    await follow(citizen, office, letters, "request", request["id"])
    await step(clerk, request, status="answered", answer="Write to clerk@example.com")
    await office.deliver(lamps)
    [mail] = letters.of(ADA)
    assert "clerk@example.com" not in mail
    assert "[e-mail]" in mail


async def test_an_answer_that_was_hidden_meanwhile_is_not_sent(
    citizen: httpx.AsyncClient, clerk: httpx.AsyncClient, office: PostOffice, letters: Letters, lamps: str, city: str
) -> None:
    request = await hole(citizen, lamps)
    await follow(citizen, office, letters, "request", request["id"])
    await step(clerk, request, status="answered", answer="A slip of the pen")
    (answer,) = (await citizen.get(f"/v1/requests/{request['id']}")).json()["answers"]
    await citizen.post("/v1/flags", json={"kind": "answer", "id": answer["id"], "reason": "insult"})
    (case,) = (await clerk.get("/v1/moderation", params={"jurisdiction_id": city})).json()["items"]
    hide = {"decision": "hide", "reason": "insult", "explanation": "It insults somebody."}
    assert (await clerk.post(f"/v1/moderation/{case['id']}/decision", json=hide)).status_code == 200
    await office.deliver(lamps)
    [mail] = letters.of(ADA)
    assert "answered the request" in mail
    assert "slip" not in mail


@pytest.mark.parametrize("odd", ["a@b.example,c@d.example", '"@b.example', "a@b..example", "a@(.example"])
async def test_an_odd_address_left_with_a_report_gets_no_mail_and_stops_none(
    citizen: httpx.AsyncClient, office: PostOffice, letters: Letters, poles: str, city: str, odd: str
) -> None:
    form = {"service_code": poles, "lat": "48.2", "long": "16.3", "attribute[KIND]": "led"}
    good = f"good-{city}@example.org"
    for email in (odd, good):
        await citizen.post(f"/open311/v2/requests.json?jurisdiction_id={city}", data=form | {"email": email})
    await office.deliver(poles)
    assert [mail["To"] for mail in letters.mails] == [good]


async def test_an_address_that_no_mail_can_be_written_to_stops_no_other(
    citizen: httpx.AsyncClient, office: PostOffice, letters: Letters, lamps: str, feedback: FastAPI
) -> None:
    request = await hole(citizen, lamps)
    for email in ("odd@example.org", "plain@example.org"):
        await ask(citizen, "request", request["id"], email=email)
    async with connection(feedback.state.engine) as database:
        await database.execute("UPDATE follow SET email = 'a@(.example' WHERE email = 'odd@example.org'")
    await office.deliver(lamps)
    assert [mail["To"] for mail in letters.mails] == ["plain@example.org"]
    async with connection(feedback.state.engine) as database:
        assert await database.fetchval("SELECT count(*) FROM follow WHERE email = 'a@(.example'") == 0


async def test_who_ends_what_was_never_confirmed_can_ask_an_address_no_more_often(
    citizen: httpx.AsyncClient, office: PostOffice, letters: Letters, lamps: str
) -> None:
    request = await hole(citizen, lamps)
    body = {"subject_kind": "request", "subject_id": request["id"], "email": "teased@example.org"}
    codes = []
    for _ in range(7):
        answer = await citizen.post("/v1/follows", json=body)
        codes.append(answer.status_code)
        await office.deliver(lamps)
        if answer.status_code == 201:
            key = {"Receipt-Token": answer.json()["receipt_token"]}
            assert (await citizen.delete(f"/v1/follows/{answer.json()['id']}", headers=key)).status_code == 204
    assert codes == [201] * 5 + [429] * 2
    assert len(letters.of("teased@example.org")) == 5


async def test_a_mail_that_is_not_taken_is_tried_again_and_an_unknown_address_given_up(
    citizen: httpx.AsyncClient, office: PostOffice, letters: Letters, lamps: str, feedback: FastAPI
) -> None:
    request = await hole(citizen, lamps)
    letters.answer = "451 try again later"
    await ask(citizen, "request", request["id"], email="slow@example.org")
    assert await office.sender.step()
    assert not await office.sender.step()
    letters.answer = "250 OK"
    async with connection(feedback.state.engine) as database:
        await database.execute("UPDATE follow SET try_at = '-infinity' WHERE email = 'slow@example.org'")
    assert await office.sender.step()
    assert len(letters.of("slow@example.org")) == 1
    letters.answer = "550 no such user"
    await ask(citizen, "request", request["id"], email="nobody@example.org")
    assert await office.sender.step()
    async with connection(feedback.state.engine) as database:
        assert await database.fetchval("SELECT count(*) FROM follow WHERE email = 'nobody@example.org'") == 0


async def test_nobody_is_flooded_with_questions(citizen: httpx.AsyncClient, lamps: str) -> None:
    requests = [await hole(citizen, lamps) for _ in range(6)]
    answers = [
        await citizen.post(
            "/v1/follows", json={"subject_kind": "request", "subject_id": each["id"], "email": "flood@example.org"}
        )
        for each in requests
    ]
    assert [each.status_code for each in answers] == [201] * 5 + [429]


async def test_nobody_is_flooded_by_those_who_ask_at_once(citizen: httpx.AsyncClient, lamps: str) -> None:
    requests = [await hole(citizen, lamps) for _ in range(20)]
    body = {"subject_kind": "request", "email": "torrent@example.org"}
    asked = [citizen.post("/v1/follows", json=body | {"subject_id": each["id"]}) for each in requests]
    answers = await asyncio.gather(*asked)
    assert sorted(each.status_code for each in answers) == [201] * 5 + [429] * 15


@pytest.mark.parametrize(
    ("wrong", "status"),
    [
        ({"email": "no address"}, 422),
        ({"email": "a@b.example\r\nBcc: all@example.org"}, 422),
        ({"subject_kind": "moon"}, 422),
        ({"subject_id": "01a211d8-5e22-77ef-908d-e2fbe72c73f1"}, 422),
        ({"subject_kind": "service"}, 422),
        ({"every": "minute"}, 422),
    ],
    ids=str,
)
async def test_what_cannot_be_followed_is_refused(
    citizen: httpx.AsyncClient, lamps: str, wrong: dict[str, str], status: int
) -> None:
    request = await hole(citizen, lamps)
    body = {"subject_kind": "request", "subject_id": request["id"], "email": ADA} | wrong
    assert (await citizen.post("/v1/follows", json=body)).status_code == status


@pytest.mark.parametrize("path", ["/follows/clf_forged/confirm", "/follows/x/unsubscribe"])
async def test_forged_links_lead_nowhere(citizen: httpx.AsyncClient, path: str) -> None:
    assert [(await call(path)).status_code for call in (citizen.get, citizen.post)] == [404, 404]


async def test_what_is_followed_is_ones_own(citizen: httpx.AsyncClient, lamps: str) -> None:
    request = await hole(citizen, lamps)
    mine = await ask(citizen, "request", request["id"], email="own@example.org")
    theirs = await ask(citizen, "request", request["id"], email="other@example.org")
    key = {"Receipt-Token": mine["receipt_token"]}
    found = (await citizen.get("/v1/follows", headers=key)).json()
    assert [each["email"] for each in found] == ["own@example.org"]
    assert (await citizen.delete(f"/v1/follows/{theirs['id']}", headers=key)).status_code == 404
    assert (await citizen.delete(f"/v1/follows/{mine['id']}", headers=key)).status_code == 204
    assert (await citizen.get("/v1/follows", headers=key)).json() == []


async def test_without_a_mail_server_nothing_is_promised(settings: FeedbackSettings, lamps: str) -> None:
    app = create_app(settings)
    async with app.router.lifespan_context(app), client_of(app) as client:
        request = await hole(client, lamps)
        body = {"subject_kind": "request", "subject_id": request["id"], "email": ADA}
        assert (await client.post("/v1/follows", json=body)).json()["type"].endswith("no-mail")
