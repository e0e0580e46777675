"""Receipt tokens: with one, a citizen who has no account shows later that it was them who gave something.

A token holds a random contributor id and proves by a MAC that this installation made it: nothing need be stored.
What is stored and published is a pseudonym per jurisdiction, which without the secret can be linked neither to
another jurisdiction's nor to the token. A label keeps the uses of the secret apart (`info` in RFC 5869).
"""

import binascii
import hmac
from base64 import urlsafe_b64decode, urlsafe_b64encode
from uuid import UUID

PREFIX, INVITATION, FOLLOW = "clr_", "cli_", "clf_"
MAC_BYTES = 16


class ForgedToken(ValueError):
    """The text is not a receipt token, or none of this installation."""


class ForgedInvitation(ValueError):
    """The text is not the token of an invitation, or none of this installation."""


class ForgedFollow(ValueError):
    """The text is not the token of a subscription, or none of this installation."""


class Receipts:
    """Makes and reads receipt tokens, and those of invitations, with one secret.

    Changing it invalidates every token and pseudonym.
    """

    def __init__(self, secret: bytes) -> None:
        self._token_key = hmac.digest(secret, b"civicloop receipt token", "sha256")
        self._invitation_key = hmac.digest(secret, b"civicloop invitation", "sha256")
        self._follow_key = hmac.digest(secret, b"civicloop subscription", "sha256")
        self._pseudonym_key = hmac.digest(secret, b"civicloop pseudonym", "sha256")
        self._mark_key = hmac.digest(secret, b"civicloop mark of the erased", "sha256")

    def token(self, contributor: UUID) -> str:
        """The token of a contributor: the same each time."""
        return _seal(self._token_key, PREFIX, contributor)

    def contributor(self, token: str) -> UUID:
        """Whose token it is. Raises ForgedToken."""
        contributor = _unseal(self._token_key, PREFIX, token)
        if contributor is None:
            raise ForgedToken("not a receipt token of this installation")
        return contributor

    def invitation_token(self, invitation: UUID) -> str:
        """What whoever is invited shows: the same each time, and of no use for anything else."""
        return _seal(self._invitation_key, INVITATION, invitation)

    def invitation(self, token: str) -> UUID:
        """Which invitation a token is of. Raises ForgedInvitation."""
        invitation = _unseal(self._invitation_key, INVITATION, token)
        if invitation is None:
            raise ForgedInvitation("not an invitation of this installation")
        return invitation

    def contributor_of_app(self, giver: UUID) -> UUID:
        """The contributor that stands for an id which an app made for its user."""
        return UUID(bytes=hmac.digest(self._token_key, b"app" + giver.bytes, "sha256")[:16], version=4)

    def follow_token(self, follow: UUID) -> str:
        """What mails of a subscription hold to confirm or end it."""
        return _seal(self._follow_key, FOLLOW, follow)

    def follow(self, token: str) -> UUID:
        """Which subscription a token is of. Raises ForgedFollow."""
        follow = _unseal(self._follow_key, FOLLOW, token)
        if follow is None:
            raise ForgedFollow("not a subscription of this installation")
        return follow

    def pseudonym(self, contributor: UUID, jurisdiction_id: str) -> str:
        """What rows and events call the contributor in a jurisdiction: 32 hexadecimal digits."""
        message = contributor.bytes + jurisdiction_id.encode()
        return hmac.digest(self._pseudonym_key, message, "sha256")[:16].hex()

    def mark(self, contributor: UUID) -> str:
        """What is kept of a contributor once they are erased: it leads to nothing that they gave."""
        return hmac.digest(self._mark_key, contributor.bytes, "sha256")[:16].hex()

    def account_mark(self, issuer: str, subject: str) -> str:
        """What is kept of an account once it is erased."""
        return hmac.digest(self._mark_key, f"{issuer} {subject}".encode(), "sha256").hex()


def _seal(key: bytes, prefix: str, value: UUID) -> str:
    mac = hmac.digest(key, value.bytes, "sha256")[:MAC_BYTES]
    return prefix + urlsafe_b64encode(value.bytes + mac).rstrip(b"=").decode()


def _unseal(key: bytes, prefix: str, token: str) -> UUID | None:
    """What was sealed. The whole text is compared with the one that would be made: no second spelling is accepted."""
    try:
        raw = urlsafe_b64decode(token.removeprefix(prefix).encode("ascii") + b"=")
        value = UUID(bytes=raw[:16])
    except (ValueError, binascii.Error):
        return None
    return value if hmac.compare_digest(_seal(key, prefix, value), token) else None
