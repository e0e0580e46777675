"""Receipt tokens and pseudonyms, for any contributor and any forgery."""

from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.feedback.receipts import ForgedToken, Receipts

SECRET = bytes(range(32))
receipts = Receipts(SECRET)


@given(st.uuids(), st.sampled_from(["boston", "new-york"]))
def test_a_token_says_who_gave_and_a_pseudonym_does_not(contributor: UUID, city: str) -> None:
    token = receipts.token(contributor)
    assert receipts.contributor(token) == contributor
    assert len(token) == 47
    pseudonym = receipts.pseudonym(contributor, city)
    assert len(bytes.fromhex(pseudonym)) == 16
    assert pseudonym not in contributor.hex + token


@given(st.uuids(), st.integers(0, 46), st.characters())
def test_a_token_with_another_character_is_none(contributor: UUID, position: int, character: str) -> None:
    token = receipts.token(contributor)
    forged = token[:position] + character + token[position + 1 :]
    if forged != token:
        with pytest.raises(ForgedToken):
            receipts.contributor(forged)


@given(st.text())
def test_text_is_no_token(text: str) -> None:
    for forged in (text, f"clr_{text}"):
        with pytest.raises(ForgedToken):
            receipts.contributor(forged)


@given(st.uuids())
def test_another_secret_makes_another_token_and_pseudonym(contributor: UUID) -> None:
    other = Receipts(SECRET[::-1])
    with pytest.raises(ForgedToken):
        other.contributor(receipts.token(contributor))
    assert other.pseudonym(contributor, "boston") != receipts.pseudonym(contributor, "boston")


@given(st.uuids())
def test_a_contributor_is_another_in_another_city(contributor: UUID) -> None:
    assert receipts.pseudonym(contributor, "boston") != receipts.pseudonym(contributor, "new-york")
