"""The steps of the way: each is one call as a client makes it, and what came of it."""

import io
import json
import re
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

import httpx
from PIL import Image

from tests.support import WAIT_SECONDS, StackUnderTest

SERVICE = "vila.playgrounds"
TOWN = Path(__file__).parent / "town.yaml"
LATITUDE, LONGITUDE = 41.15, -8.65
MAIL = "citizen@example.org"
ADDRESSES = {"feedback": "http://127.0.0.1:8002", "metrics": "http://127.0.0.1:8003"}
"""As the page writes them: those of `make up`."""


class Step(NamedTuple):
    """What is done and by whom, the call, and its answer: JSON, or text."""

    title: str
    call: str
    answer: Any


class Way:
    """Walks it once. `steps` is what happened, in order; `mails` gives the texts of mails that came to the citizen."""

    def __init__(self, stack: StackUnderTest, mails: Callable[[], list[str]]) -> None:
        self.steps: list[Step] = []
        self._stack = stack
        self._mails = mails
        self._staff = {"Authorization": f"Bearer {stack.key()}"}
        self._mine: dict[str, str] = {}
        self._http = httpx.Client(timeout=30)

    def go(self) -> None:
        """All of it."""
        self._open_town()
        request = self._report()
        self._find(request)
        self._follow(request)
        self._answer(request)
        self._close(request)
        self._rate()
        proposal = self._propose()
        self._support(proposal)
        self._decide(proposal)
        self._contribute(proposal)
        self._score()
        self._erase()

    def answer(self, title: str) -> Any:
        """What came of the step of that title."""
        return next(step.answer for step in self.steps if step.title == title)

    def call(
        self,
        title: str,
        method: str,
        path: str,
        body: Any = None,
        *,
        service: str = "feedback",
        who: dict[str, str] | None = None,
        picture: bytes | None = None,
    ) -> Any:
        """One call; who makes it shows the citizen's receipt token unless told otherwise."""
        files = None if picture is None else {"file": ("slide.jpg", picture, "image/jpeg")}
        headers = self._mine if who is None else who
        url = self._stack.address(service) + path
        answer = self._http.request(method, url, json=body, files=files, headers=headers)
        assert answer.is_success, f"{title}: {method} {path}: {answer.status_code} {answer.text}"
        told = answer.json() if "json" in answer.headers.get("content-type", "") else answer.text
        self.steps.append(Step(title, _as_curl(method, ADDRESSES[service] + path, body, picture, headers), told))
        return told

    def until(self, found: Callable[[], Any], what: str) -> Any:
        """Asks again until there is something: events take a moment from one service to the other."""
        deadline = time.monotonic() + WAIT_SECONDS
        while not (result := found()):
            assert time.monotonic() < deadline, f"still not: {what}"
            time.sleep(0.05)
        return result

    def score(self) -> dict[str, Any]:
        """Each indicator of the service, by id."""
        url = f"{self._stack.address('metrics')}/v1/services/{SERVICE}/explanation"
        return {each["id"]: each for each in self._http.get(url).raise_for_status().json()["indicators"]}

    def _open_town(self) -> None:
        url = f"{self._stack.address('catalog')}/v1/import/catalogue?reason=Opening"
        loaded = self._http.post(
            url, content=TOWN.read_bytes(), headers=self._staff | {"Content-Type": "application/yaml"}
        )
        assert loaded.is_success, loaded.text
        there = f"{self._stack.address('feedback')}/v1/services/{SERVICE}"
        self.until(lambda: self._http.get(there).is_success, "feedback knows the service")

    def _report(self) -> str:
        uploaded = self.call("Upload a photo", "POST", "/v1/media", picture=photo(), who={})
        body = {
            "service_id": SERVICE, "latitude": LATITUDE, "longitude": LONGITUDE, "channel": "app",
            "description": "The slide is broken. Call me: +351 912 345 678",
            "media": [each["id"] for each in uploaded["items"]],
        }  # fmt: skip
        made = self.call("Report", "POST", "/v1/requests", body, who={})
        self._mine = {"Receipt-Token": made["receipt_token"]}
        return str(made["id"])

    def _find(self, request: str) -> None:
        self.call("Find it", "GET", f"/v1/requests/{request}", who={})
        near = f"/v1/requests/nearby?service_id={SERVICE}&latitude={LATITUDE}&longitude={LONGITUDE}"
        self.call("See what others reported nearby", "GET", near, who={})

    def _follow(self, request: str) -> None:
        body = {"subject_kind": "request", "subject_id": request, "email": MAIL}
        self.call("Follow it", "POST", "/v1/follows", body)
        asked = self.until(self._mails, "a mail asks whether this was wanted")[0]
        path = re.search(r"http\S+(/follows/\S+/confirm)", asked)
        assert path, asked
        self.call("Confirm, by the button of the page that the mail leads to", "POST", path[1], who={})

    def _answer(self, request: str) -> None:
        body = {"status": "answered", "answer": "We mend it on Monday."}
        self.call("Staff answers", "POST", f"/v1/requests/{request}/status", body, who=self._staff)
        self.until(lambda: "We mend it on Monday." in "".join(self._mails()), "the answer comes by mail")

    def _close(self, request: str) -> None:
        body = {"status": "closed", "resolution": "resolved"}
        self.call("Staff closes", "POST", f"/v1/requests/{request}/status", body, who=self._staff)

    def _rate(self) -> None:
        def invitation() -> str | None:
            found = re.search(r"http\S+(/v1/invitations/\S+)", "".join(self._mails()))
            return found and found[1]

        body = {"value": 5, "aspects": {"responsiveness": 5, "tangibles": 4}, "comment": "Quick!"}
        self.call("Rate it, as the mail invites to", "POST", self.until(invitation, "an invitation"), body, who={})

    def _propose(self) -> str:
        rule = {"supports_needed": 1, "days_to_decide": 30}
        self.call(
            "The city's rule for proposals", "PUT", f"/v1/services/{SERVICE}/proposal-rule", rule, who=self._staff
        )
        body = {
            "service_id": SERVICE, "title": "A water playground", "text": "For hot days, at the harbour.",
            "district_id": "vila.harbour", "campaign": "summer",
        }  # fmt: skip
        made = self.call("Propose", "POST", "/v1/proposals", body)
        return str(made["id"])

    def _support(self, proposal: str) -> None:
        body = {"text": "And some shade, please."}
        neighbour = self.call("A neighbour comments", "POST", f"/v1/proposals/{proposal}/comments", body, who={})
        token = {"Receipt-Token": neighbour["receipt_token"]}
        self.call("And supports", "PUT", f"/v1/proposals/{proposal}/support", {}, who=token)

    def _decide(self, proposal: str) -> None:
        body = {"decision": "accepted", "reasons": "There is money for it this year."}
        self.call("The city decides, with reasons", "POST", f"/v1/proposals/{proposal}/decision", body, who=self._staff)
        self.call("Read the decision", "GET", f"/v1/proposals/{proposal}", who={})

    def _contribute(self, proposal: str) -> None:
        body = {
            "service_id": SERVICE,
            "form": "hours",
            "amount": 180,
            "proposal_id": proposal,
            "description": "Digging",
        }
        pledged = self.call("Contribute three hours", "POST", "/v1/contributions", body)
        self.call("Done", "POST", f"/v1/contributions/{pledged['id']}/made", {"amount": 180})
        path = f"/v1/contributions/{pledged['id']}/verification"
        self.call("Staff confirms it", "POST", path, {}, who=self._staff)

    def _score(self) -> None:
        def counted() -> bool:
            return bool(self.score()["contributed-hours"]["n"])

        self.until(counted, "metrics has counted the hours")
        path = f"/v1/services/{SERVICE}/explanation"
        self.call("What all of this moved", "GET", path, service="metrics", who={})

    def _erase(self) -> None:
        self.call("See what one gave", "GET", "/v1/me")
        erasure = self.call("Erase all of it", "DELETE", "/v1/me")
        path = f"/v1/me/erasure/{erasure['id']}"

        def done() -> bool:
            return self._http.get(self._stack.address("feedback") + path).json()["done_at"] is not None

        self.until(done, "all is erased")
        self.call("It is gone", "GET", path, who={})
        self.until(lambda: not self.score()["contributed-hours"]["n"], "metrics counts the hours no longer")


def photo() -> bytes:
    """A picture as a telephone takes it: with the place where it was taken."""
    picture = Image.new("RGB", (640, 480), (90, 140, 200))
    exif = picture.getexif()
    exif[0x8825] = {1: "N", 2: (41.0, 9.0, 0.0), 3: "W", 4: (8.0, 39.0, 0.0)}
    kept = io.BytesIO()
    picture.save(kept, "JPEG", exif=exif)
    return kept.getvalue()


def _as_curl(method: str, url: str, body: Any, picture: bytes | None, headers: dict[str, str]) -> str:
    parts = ["curl -s", *([] if method == "GET" else [f"-X {method}"]), f"'{url}'"]
    parts += [f"-H '{name}: {value}'" for name, value in headers.items()]
    if picture is not None:
        parts.append("-F 'file=@slide.jpg'")
    if body is not None:
        parts.append(f"-H 'Content-Type: application/json' -d '{json.dumps(body)}'")
    return " ".join(parts)
