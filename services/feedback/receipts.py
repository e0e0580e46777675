"""Receipt tokens: with one, a citizen who has no account shows later that it was them who gave something.

A token holds a random contributor id and proves by a MAC that this installation made it: nothing need be stored.
What is stored and published is a pseudonym per jurisdiction, which without the secret can be linked neither to
another jurisdiction's nor to the token. A label keeps the two uses of the secret apart (`info` in RFC 5869).
"""

import binascii
import hmac
from base64 import urlsafe_b64decode, urlsafe_b64encode
from uuid import UUID

PREFIX = "clr_"
MAC_BYTES = 16


class ForgedToken(ValueError):
    """The text is not a receipt token, or none of this installation."""


class Receipts:
    """Makes and reads receipt tokens with one secret; changing it invalidates every token and pseudonym."""

    def __init__(self, secret: bytes) -> None:
        self._token_key = hmac.digest(secret, b"civicloop receipt token", "sha256")
        self._pseudonym_key = hmac.digest(secret, b"civicloop pseudonym", "sha256")

    def token(self, contributor: UUID) -> str:
        """The token of a contributor: the same each time."""
        mac = hmac.digest(self._token_key, contributor.bytes, "sha256")[:MAC_BYTES]
        return PREFIX + urlsafe_b64encode(contributor.bytes + mac).rstrip(b"=").decode()

    def contributor(self, token: str) -> UUID:
        """Whose token it is. Raises ForgedToken.

        The whole text is compared with the one that would be made, so that no second spelling is accepted.
        """
        try:
            raw = urlsafe_b64decode(token.removeprefix(PREFIX).encode("ascii") + b"=")
            contributor = UUID(bytes=raw[:16])
        except (ValueError, binascii.Error) as error:
            raise ForgedToken("not a receipt token") from error
        if not hmac.compare_digest(self.token(contributor), token):
            raise ForgedToken("not a receipt token of this installation")
        return contributor

    def pseudonym(self, contributor: UUID, jurisdiction_id: str) -> str:
        """What rows and events call the contributor in a jurisdiction: 32 hexadecimal digits."""
        message = contributor.bytes + jurisdiction_id.encode()
        return hmac.digest(self._pseudonym_key, message, "sha256")[:16].hex()
