"""Tokens of OpenID Connect providers: who signed in there, and when.

Only what is signed by a key of the issuer that it names is believed, for our own audience. Keys are fetched when a
token names one that is not known, but not more than once a second, and again when they have become old. While one
request fetches, others go on with the keys that are known.
"""

import asyncio
import time
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from typing import Any, NamedTuple

import httpx
import jwt
import structlog
from pydantic import BaseModel, Field

log = structlog.get_logger()

ALGORITHMS = (
    "RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512", "EdDSA",
)  # fmt: skip
"""Of signatures by a key of which only the issuer has the private half."""

REQUIRED = ["iss", "sub", "aud", "exp", "iat"]
LONGEST_TOKEN, LONGEST_NAME = 8_192, 255
LEEWAY_SECONDS = 60
FRESH_SECONDS, USABLE_SECONDS, RETRY_SECONDS = 300.0, 86_400.0, 1.0
TIMEOUT_SECONDS = 5.0


class Issuer(BaseModel):
    """A provider whose tokens are taken, if they were issued for one of these audiences (client ids)."""

    issuer: str = Field(pattern=r"^https?://[^\s/?#]+[^\s?#]*$", max_length=500)
    audience: list[str] = Field(min_length=1)


class BadToken(Exception):
    """The token does not show who sends it."""


class ProviderAway(Exception):
    """The provider does not say by which keys its tokens are signed."""


class SignIn(NamedTuple):
    """Who signed in where, when, and what is known of them there."""

    issuer: str
    subject: str
    at: datetime
    email: str | None
    language: str | None


class Provider:
    """Verifies the tokens of one issuer."""

    def __init__(self, issuer: Issuer, client: httpx.AsyncClient) -> None:
        self._issuer = issuer
        self._client = client
        self._keys: dict[str | None, jwt.PyJWK] = {}
        self._fetched, self._tried = float("-inf"), float("-inf")
        self._fetching = asyncio.Lock()

    async def verify(self, token: str, kid: str | None) -> SignIn:
        """Raises BadToken or ProviderAway."""
        key = await self._key(kid)
        try:
            return _sign_in(self._decode(token, key))
        except jwt.InvalidSignatureError as error:
            # Keys without an id change unseen, and some providers use an id again.
            newer = await self._key(kid, other_than=key)
            if newer is key:
                raise BadToken(str(error)) from error
        except (jwt.PyJWTError, ValueError, TypeError) as error:
            raise BadToken(str(error)) from error
        try:
            return _sign_in(self._decode(token, newer))
        except (jwt.PyJWTError, ValueError, TypeError) as error:
            raise BadToken(str(error)) from error

    def _decode(self, token: str, key: jwt.PyJWK) -> dict[str, Any]:
        return jwt.decode(
            token,
            key,
            algorithms=ALGORITHMS,
            audience=self._issuer.audience,
            issuer=self._issuer.issuer,
            leeway=LEEWAY_SECONDS,
            options={"require": REQUIRED},
        )

    async def _key(self, kid: str | None, other_than: jwt.PyJWK | None = None) -> jwt.PyJWK:
        """The key of an id, fetched where it is not known, is old, or is this one, which did not sign."""
        known = self._usable(kid)
        if known is None or known is other_than or not (self._is_fresh() or self._fetching.locked()):
            async with self._fetching:
                if self._usable(kid) in (None, other_than) or not self._is_fresh():
                    await self._renew(kid)
        if (key := self._usable(kid)) is None:
            raise BadToken("it is signed by no key of its issuer")
        return key

    def _is_fresh(self) -> bool:
        return time.monotonic() < self._fetched + FRESH_SECONDS

    def _usable(self, kid: str | None) -> jwt.PyJWK | None:
        return self._keys.get(kid) if time.monotonic() < self._fetched + USABLE_SECONDS else None

    async def _renew(self, kid: str | None) -> None:
        """Fetches the keys, unless that was just tried. Raises ProviderAway where there are none to go by."""
        failed = self._tried > self._fetched
        if time.monotonic() >= self._tried + RETRY_SECONDS:
            self._tried = time.monotonic()
            try:
                self._keys = _by_id(await self._fetch())
                self._fetched = time.monotonic()
                return
            except (httpx.HTTPError, jwt.PyJWTError, ValueError, TypeError, KeyError, AttributeError) as error:
                log.warning("a sign-in provider does not answer", issuer=self._issuer.issuer, error=repr(error))
                failed = True
        if failed and self._usable(kid) is None:
            raise ProviderAway(f"{self._issuer.issuer} does not answer; what is given with a receipt token is taken")

    async def _fetch(self) -> Iterable[jwt.PyJWK]:
        url = self._issuer.issuer.rstrip("/") + "/.well-known/openid-configuration"
        document = (await self._client.get(url)).raise_for_status().json()
        if document["issuer"] != self._issuer.issuer:
            raise ValueError(f"it says that it is {document['issuer']!r}")
        keys = (await self._client.get(document["jwks_uri"])).raise_for_status().json()
        return jwt.PyJWKSet.from_dict(keys).keys


def _by_id(keys: Iterable[jwt.PyJWK]) -> dict[str | None, jwt.PyJWK]:
    """Keys for signatures, by their ids; one that is alone need not be named."""
    signing = [key for key in keys if key.key_type != "oct" and key.public_key_use in (None, "sig")]
    found: dict[str | None, jwt.PyJWK] = {key.key_id: key for key in signing}
    return found | {None: signing[0]} if len(signing) == 1 else found


def _sign_in(claims: Mapping[str, Any]) -> SignIn:
    subject, at = claims["sub"], claims.get("auth_time", claims["iat"])
    if not (isinstance(subject, str) and 0 < len(subject) <= LONGEST_NAME and "\0" not in subject):
        raise BadToken("its subject is not usable")
    try:
        signed_in = datetime.fromtimestamp(at, UTC)
    except (TypeError, ValueError, OverflowError, OSError) as error:
        raise BadToken("it does not say when they signed in") from error
    email = _text(claims.get("email")) if claims.get("email_verified") is True else None
    return SignIn(claims["iss"], subject, signed_in, email, _text(claims.get("locale")))


def _text(value: object) -> str | None:
    """A claim that can be kept; what cannot is as if it were not there."""
    usable = isinstance(value, str) and 0 < len(value) <= LONGEST_NAME and value.isprintable()
    return str(value) if usable else None


class Providers:
    """All providers whose tokens are taken."""

    def __init__(self, issuers: Iterable[Issuer]) -> None:
        issuers = list(issuers)
        self._client = httpx.AsyncClient(timeout=TIMEOUT_SECONDS) if issuers else None
        self._by_issuer = {each.issuer: Provider(each, self._client) for each in issuers if self._client}

    async def verify(self, token: str) -> SignIn:
        """Who signed in. Raises BadToken or ProviderAway."""
        if len(token) > LONGEST_TOKEN:
            raise BadToken(f"it is longer than {LONGEST_TOKEN:,} characters")
        try:
            header = jwt.get_unverified_header(token)
            issuer = jwt.decode(token, options={"verify_signature": False}).get("iss")
        except (jwt.PyJWTError, ValueError, TypeError, RecursionError) as error:
            raise BadToken("it is no token") from error
        provider = self._by_issuer.get(issuer) if isinstance(issuer, str) else None
        if provider is None:
            raise BadToken("its issuer is not known here")
        if header.get("alg") not in ALGORITHMS:
            raise BadToken("it is not signed in a way that is taken")
        return await provider.verify(token, header.get("kid"))

    async def close(self) -> None:
        """Ends the connections to providers."""
        if self._client is not None:
            await self._client.aclose()


def is_token(text: str) -> bool:
    """Whether text may be a token: three parts, as no receipt token has."""
    return text.count(".") == 2
