"""People who sign in at a provider: a real one over HTTP, and one whose keys are ours to misuse."""

import asyncio
import base64
import hashlib
import hmac
import json
import secrets
import subprocess
import sys
import threading
import time
from collections.abc import AsyncIterator, Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlsplit
from uuid import uuid4

import httpx
import jwt
import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from fastapi import FastAPI

from deploy.local.ports import accepts, free_block
from services.feedback.app import create_app
from services.feedback.people.oidc import Issuer
from services.feedback.settings import FeedbackSettings
from shared.database import connection
from tests.feedback.conftest import client_of
from tests.feedback.test_erasure import work
from tests.feedback.test_me import give

CLIENT, REDIRECT = "civicloop", "https://app.example/signed-in"


class RealProvider:
    """A provider in a process of its own, which can be ended and started again: it then signs by another key."""

    def __init__(self) -> None:
        self.port = free_block(1)
        self.issuer = f"http://127.0.0.1:{self.port}"
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        if self._process is not None:
            return
        command = [sys.executable, "-W", "ignore", "-m", "oidc_provider_mock", "--port", str(self.port)]
        self._process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        while not accepts(self.port):
            assert self._process.poll() is None

    def stop(self) -> None:
        if self._process is not None:
            self._process.terminate()
            self._process.wait()
            self._process = None

    async def sign_in(self, subject: str, client_id: str = CLIENT, **claims: Any) -> str:
        """An ID token, by the code flow with PKCE."""
        verifier = secrets.token_urlsafe(48)
        digest = hashlib.sha256(verifier.encode()).digest()
        query = {
            "response_type": "code", "client_id": client_id, "redirect_uri": REDIRECT, "scope": "openid email profile",
            "state": "s", "nonce": secrets.token_urlsafe(8), "code_challenge_method": "S256",
            "code_challenge": base64.urlsafe_b64encode(digest).rstrip(b"=").decode(),
        }  # fmt: skip
        async with httpx.AsyncClient(base_url=self.issuer) as browser:
            assert (await browser.put(f"/users/{subject}", json=claims)).is_success
            agreed = await browser.post("/oauth2/authorize", params=query, data={"sub": subject})
            (code,) = parse_qs(urlsplit(agreed.headers["Location"]).query)["code"]
            form = {"grant_type": "authorization_code", "code": code, "redirect_uri": REDIRECT,
                    "client_id": client_id, "client_secret": "x", "code_verifier": verifier}  # fmt: skip
            return str((await browser.post("/oauth2/token", data=form)).json()["id_token"])


class OurProvider:
    """Serves keys that the tests hold, and so can sign anything with."""

    def __init__(self) -> None:
        self.keys: dict[str, Any] = {"a": rsa.generate_private_key(65537, 2048)}
        self.asked = 0
        provider = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                provider.asked += 1
                keys = [provider.public(kid) for kid in provider.keys]
                keys.append({"kty": "oct", "kid": "shared", "k": "c2VjcmV0LXNlY3JldC1zZWNyZXQtc2VjcmV0LXNlY3JldA"})
                told = {"issuer": provider.issuer, "jwks_uri": f"{provider.issuer}/keys"}
                body = json.dumps({"keys": keys} if self.path == "/keys" else told).encode()
                self.send_response(200)
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *_: Any) -> None:
                pass

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.issuer = f"http://127.0.0.1:{self._server.server_port}"
        threading.Thread(target=self._server.serve_forever, daemon=True).start()

    def public(self, kid: str) -> dict[str, Any]:
        key = self.keys[kid].public_key()
        kind = jwt.algorithms.RSAAlgorithm if isinstance(key, rsa.RSAPublicKey) else jwt.algorithms.ECAlgorithm
        return {**kind.to_jwk(key, as_dict=True), "kid": kid}

    def token(self, kid: str = "a", algorithm: str = "RS256", key: Any = None, **claims: Any) -> str:
        now = int(time.time())
        said = {"iss": self.issuer, "aud": CLIENT, "sub": "ana", "iat": now, "exp": now + 600} | claims
        said = {name: value for name, value in said.items() if value is not None}
        return jwt.encode(said, key or self.keys[kid], algorithm, {"kid": kid})

    def close(self) -> None:
        self._server.shutdown()


@pytest.fixture(scope="module")
def real_one() -> Iterator[RealProvider]:
    """One that runs once it is needed."""
    provider = RealProvider()
    yield provider
    provider.stop()


@pytest.fixture
def real(real_one: RealProvider) -> RealProvider:
    """One that runs."""
    real_one.start()
    return real_one


@pytest.fixture
def ours() -> Iterator[OurProvider]:
    provider = OurProvider()
    yield provider
    provider.close()


@pytest.fixture
async def feedback(settings: FeedbackSettings, real_one: RealProvider, ours: OurProvider) -> AsyncIterator[FastAPI]:
    """Feedback that takes tokens of both."""
    issuers = [Issuer(issuer=each.issuer, audience=[CLIENT, "other-app"]) for each in (real_one, ours)]
    app = create_app(settings.model_copy(update={"oidc": issuers, "votes_need_account": True}))
    async with app.router.lifespan_context(app):
        yield app


async def ask(client: httpx.AsyncClient, path: str, token: str) -> httpx.Response:
    return await client.get(path, headers={"Authorization": f"Bearer {token}"})


async def rate(client: httpx.AsyncClient, service: str, token: str, value: int = 4) -> httpx.Response:
    body = {"service_id": service, "value": value}
    return await client.post("/v1/ratings", json=body, headers={"Authorization": f"Bearer {token}"})


async def test_who_signs_in_is_the_same_person_each_time(
    citizen: httpx.AsyncClient, neighbour: httpx.AsyncClient, real: RealProvider, lamps: str
) -> None:
    told = {"email": "ana@example.org", "email_verified": True, "locale": "pt"}
    token = await real.sign_in("ana", **told)
    first = (await rate(citizen, lamps, token, 2)).json()
    again = await real.sign_in("ana", client_id="other-app", **told)
    second = (await rate(citizen, lamps, again, 5)).json()
    mine = (await ask(citizen, "/v1/me", token)).json()
    assert [each["id"] for each in mine["ratings"]] == [second["id"]], "the second replaces the first"
    assert (await citizen.get(f"/v1/ratings/{first['id']}")).json()["state"] == "replaced"
    account = mine["account"]
    assert (account["issuer"], account["subject"]) == (real.issuer, "ana")
    assert (account["email"], account["language"]) == ("ana@example.org", "pt")
    other = await real.sign_in("bo")
    assert (await ask(citizen, "/v1/me", other)).json()["ratings"] == []
    assert (await ask(neighbour, "/v1/me", token)).status_code == 401, "that process knows no provider"


async def test_an_address_counts_only_where_the_provider_has_verified_it(
    citizen: httpx.AsyncClient, real: RealProvider
) -> None:
    for claims in ({"email": "a@example.org"}, {"email": "a@example.org", "email_verified": "true"}, {}):
        token = await real.sign_in("cy", **claims)
        assert (await ask(citizen, "/v1/me", token)).json()["account"]["email"] is None


async def test_keys_can_change_and_the_provider_can_be_away(
    citizen: httpx.AsyncClient, real: RealProvider, lamps: str
) -> None:
    before = await real.sign_in("ana")
    real.stop()
    away = await ask(citizen, "/v1/me", before)
    assert (away.status_code, away.json()["type"]) == (503, "urn:civicloop:problem:sign-in-unavailable")
    assert int(away.headers["Retry-After"]) > 0
    given = await give(citizen, "/v1/ratings", {"service_id": lamps, "value": 3})
    await give(citizen, "/v1/ratings", {"service_id": lamps, "value": 4}, given["receipt_token"])
    real.start()
    after = await real.sign_in("ana")
    while (answer := await ask(citizen, "/v1/me", after)).status_code == 503:
        pass
    assert answer.status_code == 200
    assert (await ask(citizen, "/v1/me", before)).status_code == 401, "its key is gone"
    real.stop()
    assert (await ask(citizen, "/v1/me", after)).status_code == 200, "its key is known"
    real.start()
    newest = await real.sign_in("ana")
    while (answer := await ask(citizen, "/v1/me", newest)).status_code != 200:
        assert answer.status_code in (401, 503), answer.text


def unsigned(ours: OurProvider) -> str:
    head, body = (json.dumps(part).encode() for part in ({"alg": "none", "typ": "JWT", "kid": "a"}, claims_of(ours)))
    return ".".join(base64.urlsafe_b64encode(part).rstrip(b"=").decode() for part in (head, body, b""))


def signed_by_the_public_key(ours: OurProvider) -> str:
    """The public half taken for a shared secret."""
    public = ours.keys["a"].public_key()
    text = public.public_bytes(serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo)
    parts = [json.dumps({"alg": "HS256", "typ": "JWT", "kid": "a"}), json.dumps(claims_of(ours))]
    said = b".".join(base64.urlsafe_b64encode(part.encode()).rstrip(b"=") for part in parts)
    mac = hmac.digest(text, said, "sha256")
    return (said + b"." + base64.urlsafe_b64encode(mac).rstrip(b"=")).decode()


def now(more: int = 0) -> int:
    return int(time.time()) + more


def claims_of(ours: OurProvider) -> dict[str, Any]:
    return dict(jwt.decode(ours.token(), options={"verify_signature": False}))


def changed_after(ours: OurProvider) -> str:
    head, _, signature = ours.token().split(".")
    body = base64.urlsafe_b64encode(json.dumps(claims_of(ours) | {"sub": "bo"}).encode()).rstrip(b"=").decode()
    return f"{head}.{body}.{signature}"


SHARED = b"secret-secret-secret-secret-secret"
FORGERIES: dict[str, Callable[[OurProvider], str]] = {
    "unsigned": unsigned,
    "signed by the public key": signed_by_the_public_key,
    "changed after it was signed": changed_after,
    "signed by a shared secret that is served": lambda ours: ours.token("shared", "HS256", SHARED),
    "signed by somebody else's key": lambda ours: ours.token(key=rsa.generate_private_key(65537, 2048)),
    "signed by a key that nobody serves": lambda ours: ours.token("z", key=ours.keys["a"]),
    "of another kind of key": lambda ours: ours.token("a", "ES256", ec.generate_private_key(ec.SECP256R1())),
    "for somebody else": lambda ours: ours.token(aud="another-app"),
    "for nobody": lambda ours: ours.token(aud=None),
    "by another issuer": lambda ours: ours.token(iss="https://elsewhere.example"),
    "by an issuer that is spelt otherwise": lambda ours: ours.token(iss=ours.issuer + "/"),
    "by no issuer": lambda ours: ours.token(iss=None),
    "by a list of issuers": lambda ours: raw(ours, iss=[ours.issuer]),
    "expired": lambda ours: ours.token(exp=now(-300), iat=now(-900)),
    "without an end": lambda ours: ours.token(exp=None),
    "without a beginning": lambda ours: ours.token(iat=None),
    "of the future": lambda ours: ours.token(nbf=now(+3_600)),
    "issued in the future": lambda ours: ours.token(iat=now(+3_600), exp=now(+7_200)),
    "of nobody": lambda ours: ours.token(sub=None),
    "of an empty name": lambda ours: ours.token(sub=""),
    "of a name with a NUL": lambda ours: ours.token(sub="a\0b"),
    "of a name that is too long": lambda ours: ours.token(sub="a" * 300),
    "of somebody who signed in at no time": lambda ours: ours.token(auth_time="never"),
    "of somebody who signed in at the end of time": lambda ours: ours.token(auth_time=10**30),
    "longer than any": lambda ours: ours.token(more="a" * 10_000),
    "no JSON": lambda ours: "e30.e30.e30",
    "no base64": lambda ours: "a.b.c",
    "nothing but dots": lambda ours: "..",
    "nested too deep": lambda ours: ".".join(
        base64.urlsafe_b64encode(text.encode()).rstrip(b"=").decode()
        for text in ('{"alg":"RS256"}', '{"iss":' + "[" * 3_000 + "]" * 3_000 + "}", "x")
    ),
}


def raw(ours: OurProvider, **claims: Any) -> str:
    """A token that PyJWT would not make."""
    head = ours.token().split(".")[0]
    body = base64.urlsafe_b64encode(json.dumps(claims_of(ours) | claims).encode()).rstrip(b"=").decode()
    said = f"{head}.{body}"
    signature = jwt.algorithms.RSAAlgorithm(jwt.algorithms.RSAAlgorithm.SHA256).sign(said.encode(), ours.keys["a"])
    return f"{said}.{base64.urlsafe_b64encode(signature).rstrip(b'=').decode()}"


@pytest.mark.parametrize("forgery", FORGERIES)
async def test_a_token_that_shows_nobody_is_refused(
    citizen: httpx.AsyncClient, ours: OurProvider, lamps: str, forgery: str
) -> None:
    token = FORGERIES[forgery](ours)
    for answer in (await ask(citizen, "/v1/me", token), await rate(citizen, lamps, token)):
        assert (answer.status_code, answer.json()["type"]) == (401, "urn:civicloop:problem:bad-token"), answer.text
        assert answer.headers["WWW-Authenticate"] == "Bearer"


async def test_what_those_are_changes_of_is_taken(citizen: httpx.AsyncClient, ours: OurProvider) -> None:
    ours.keys["b"] = ec.generate_private_key(ec.SECP256R1())
    for token in (
        ours.token(), ours.token("b", "ES256"), ours.token(aud=["x", CLIENT]), ours.token(exp=now(-20), iat=now(-90)),
        raw(ours),
    ):  # fmt: skip
        assert (await ask(citizen, "/v1/me", token)).status_code == 200


async def test_forged_tokens_do_not_make_us_ask_the_provider_each_time(
    citizen: httpx.AsyncClient, ours: OurProvider
) -> None:
    assert (await ask(citizen, "/v1/me", ours.token())).status_code == 200
    before, started = ours.asked, time.monotonic()
    for number in range(50):
        assert (await ask(citizen, "/v1/me", ours.token(f"z{number}", key=ours.keys["a"]))).status_code == 401
    assert ours.asked - before <= 2 * (2 + time.monotonic() - started)


async def test_a_receipt_can_be_joined_to_an_account(
    citizen: httpx.AsyncClient, ours: OurProvider, feedback: FastAPI, lamps: str
) -> None:
    given = await give(citizen, "/v1/requests", {"service_id": lamps})
    receipt = {"receipt_token": given["receipt_token"]}
    account = {"Authorization": f"Bearer {ours.token(sub=f'ana-{uuid4()}')}"}
    assert (await citizen.post("/v1/me/receipts", json=receipt)).status_code == 401
    by_receipt = {"Receipt-Token": given["receipt_token"]}
    assert (await citizen.post("/v1/me/receipts", json=receipt, headers=by_receipt)).status_code == 403
    for forged in ("clr_x", "x" * 200, ""):
        refused = await citizen.post("/v1/me/receipts", json={"receipt_token": forged}, headers=account)
        assert refused.status_code in (401, 422)
    for _ in range(2):
        assert (await citizen.post("/v1/me/receipts", json=receipt, headers=account)).status_code == 204
    mine = (await citizen.get("/v1/me", headers=account)).json()
    assert [each["id"] for each in mine["requests"]] == [given["id"]]
    other = {"Authorization": f"Bearer {ours.token(sub='bo')}"}
    taken = await citizen.post("/v1/me/receipts", json=receipt, headers=other)
    assert (taken.status_code, taken.json()["type"]) == (409, "urn:civicloop:problem:joined-elsewhere")
    assert (await citizen.delete("/v1/me", headers=account)).status_code == 202
    assert (await citizen.get("/v1/me", headers=by_receipt)).json()["type"] == "urn:civicloop:problem:erased"
    await work(feedback)
    assert (await citizen.get(f"/v1/requests/{given['id']}")).status_code == 404


async def test_what_one_account_gave_cannot_be_joined_to_another(
    citizen: httpx.AsyncClient, ours: OurProvider, lamps: str
) -> None:
    mine, others = ours.token(sub=f"uma-{uuid4()}"), ours.token(sub=f"rob-{uuid4()}")
    given = (await rate(citizen, lamps, mine)).json()
    receipt = {"receipt_token": given["receipt_token"]}
    headers = {"Authorization": f"Bearer {others}"}
    refused = await citizen.post("/v1/me/receipts", json=receipt, headers=headers)
    assert (refused.status_code, refused.json()["type"]) == (409, "urn:civicloop:problem:joined-elsewhere")
    assert (await citizen.delete("/v1/me", headers=headers)).status_code == 202
    own = await citizen.post("/v1/me/receipts", json=receipt, headers={"Authorization": f"Bearer {mine}"})
    assert own.status_code == 204, "it is there already"
    assert [each["id"] for each in (await ask(citizen, "/v1/me", mine)).json()["ratings"]] == [given["id"]]


async def test_after_an_erasure_a_new_sign_in_is_a_new_person(
    citizen: httpx.AsyncClient, ours: OurProvider, feedback: FastAPI, lamps: str
) -> None:
    name = f"eva-{uuid4()}"
    old = ours.token(sub=name)
    rated = (await rate(citizen, lamps, old)).json()
    headers = {"Authorization": f"Bearer {old}"}
    assert (await citizen.delete("/v1/me", headers=headers)).status_code == 202
    for answer in (await ask(citizen, "/v1/me", old), await rate(citizen, lamps, old)):
        assert (answer.status_code, answer.json()["type"]) == (401, "urn:civicloop:problem:erased")
    await work(feedback)
    new = ours.token(sub=name, iat=int(time.time()) + 1)
    assert (await ask(citizen, "/v1/me", new)).json()["ratings"] == []
    assert (await rate(citizen, lamps, new)).json()["receipt_token"] != rated["receipt_token"]
    assert (await ask(citizen, "/v1/me", old)).json()["type"] == "urn:civicloop:problem:erased"
    async with connection(feedback.state.engine) as database:
        left = await database.fetch("SELECT to_jsonb(e)::text FROM erased_account e")
    assert name not in repr(left)


async def test_an_account_erased_by_the_receipt_of_what_it_gave_is_forgotten_too(
    citizen: httpx.AsyncClient, ours: OurProvider, feedback: FastAPI, lamps: str
) -> None:
    name = f"ida-{uuid4()}"
    old = ours.token(sub=name)
    receipt = (await rate(citizen, lamps, old)).json()["receipt_token"]
    assert (await citizen.delete("/v1/me", headers={"Receipt-Token": receipt})).status_code == 202
    await work(feedback)
    async with connection(feedback.state.engine) as database:
        assert await database.fetchval("SELECT count(*) FROM person WHERE subject = $1", name) == 0
    assert (await rate(citizen, lamps, old)).status_code == 401
    new = ours.token(sub=name, iat=int(time.time()) + 1)
    assert (await ask(citizen, "/v1/me", new)).json()["ratings"] == []
    assert (await rate(citizen, lamps, new)).status_code == 201


async def test_where_the_city_wants_it_only_those_who_are_signed_in_vote(
    citizen: httpx.AsyncClient, ours: OurProvider, lamps: str
) -> None:
    body = {"service_id": lamps, "title": "Lamps that see", "text": "Dim them at night"}
    proposed = await give(citizen, "/v1/proposals", body)
    path = f"/v1/proposals/{proposed['id']}/support"
    receipt = (await give(citizen, "/v1/ratings", {"service_id": lamps, "value": 3}))["receipt_token"]
    refused = await citizen.put(path, json={}, headers={"Receipt-Token": receipt})
    assert (refused.status_code, refused.json()["type"]) == (403, "urn:civicloop:problem:account-needed")
    assert (await citizen.put(path, json={})).status_code == 401
    account = {"Authorization": f"Bearer {ours.token(sub='gil')}"}
    assert (await citizen.put(path, json={}, headers=account)).status_code == 200


async def test_people_of_two_providers_are_two(
    citizen: httpx.AsyncClient, real: RealProvider, ours: OurProvider, lamps: str
) -> None:
    assert (await rate(citizen, lamps, ours.token(sub="dana"))).status_code == 201
    token = await real.sign_in("dana")
    assert (await ask(citizen, "/v1/me", token)).json()["ratings"] == []


async def test_many_first_sign_ins_at_once_make_one_person(
    citizen: httpx.AsyncClient, feedback: FastAPI, ours: OurProvider
) -> None:
    token = ours.token(sub=(name := f"fay-{uuid4()}"))
    async with client_of(feedback) as other:
        answers = await asyncio.gather(*(ask((citizen, other)[n % 2], "/v1/me", token) for n in range(10)))
    assert {answer.status_code for answer in answers} == {200}
    async with connection(feedback.state.engine) as database:
        assert await database.fetchval("SELECT count(*) FROM person WHERE subject = $1", name) == 1
