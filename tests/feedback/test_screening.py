"""What is found in free text and masked, and what is left alone."""

from datetime import UTC, datetime, timedelta

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.feedback.screening import found, masked
from tests.feedback.proposing import propose, step
from tests.feedback.test_consultations import opened

PERSONAL = [
    ("Call me at 617-635-4500 or mail jane.doe@example.org", "Call me at [phone] or mail [e-mail]"),
    ("My SSN is 536-90-4399, card 4111 1111 1111 1111", "My SSN is [id], card [card]"),
    ("+1 (617) 555-0188 x12", "[phone]"),
    ("call 6176354500. permit 6176354500", "call [phone]. permit 6176354500"),
    ("Mi DNI es 12345678Z y mi teléfono es 612 34 56 78", "Mi DNI es [id] y mi teléfono es [phone]"),
    ("cuenta ES91 2100 0418 4502 0005 1332 gracias", "cuenta [account] gracias"),
    ("llame al 55 1234 5678", "llame al [phone]"),
    ("O meu NIF é 123456789, telemóvel 912 345 678", "O meu NIF é [id], telemóvel [phone]"),
    ("CPF 390.533.447-05, ligue (11) 98765-4321", "CPF [id], ligue [phone]"),
    ("Rufen Sie 0171 1234567 an, max(at)beispiel.de", "Rufen Sie [phone] an, [e-mail]"),
    ("max [at] beispiel [punkt] de", "[e-mail]"),
    ("IBAN DE89370400440532013000, Tel. +49 30 901820", "IBAN [account], Tel. [phone]"),
    ("Steuer-ID 36574261809", "Steuer-ID [id]"),
    ("Appelez le 06 12 34 56 78, NIR 2 55 08 14 168 025 38", "Appelez le [phone], NIR [id]"),
    ("ou 0033612345678 ou 06.12.34.56.78", "ou [phone] ou [phone]"),
    ("codice RSSMRA85T10A562S", "codice [id]"),
    ("ｆoo＠example.org", "[e-mail]"),
]


@pytest.mark.parametrize(("text", "expected"), PERSONAL)
def test_personal_data_is_replaced_by_a_mark(text: str, expected: str) -> None:
    assert masked(text) == expected


INNOCENT = [
    None,
    "",
    "The lamp is broken",
    "Case 101000295613 at 1234 Washington St, 42.3584,-71.0598 on 2015-03-04 10:20:33.12, cost $1,250.00",
    "Please call about case 101000295613",
    "Ticket 4111111111111112 order 2015-0000123, bus 39, zip 02118-1234",
    "Hydrant 0301 2345, Zähler 1ISK0012345678, PLZ 10115, 12.345,67 EUR, 1.234.567 Einwohner",
    "42.3584 N, 71.0598 W; 2015/03/04; 03-04-2015; 1234-1236 Main St; 1 250 000 €; 10-20-30 bolts; plate 12-3456",
    "me @ the corner, @cityhall",
    "2013-01-04 07:56:21.443 CLSD: 12 of 14 done",
]


@pytest.mark.parametrize("text", INNOCENT)
def test_other_numbers_are_left_alone(text: str | None) -> None:
    assert masked(text) is None


def test_a_text_full_of_numbers_is_masked_too() -> None:
    assert masked("617-635-4500 " * 300) == "[phone] " * 300


NAMED = [
    ("My name is Anna O'Neill and I live here", "My name is [name] and I live here"),
    ("my name is john smith, call 617-635-4500", "my name is [name], call [phone]"),
    ("I am Anna Smith from the garden club", "I am [name] from the garden club"),
    ("Mr. Smith's car blocks it, Mrs J. van der Berg saw it", "Mr. [name]'s car blocks it, Mrs [name] saw it"),
    ("ask MR SMITH ABOUT THIS", "ask MR [name] ABOUT THIS"),
    ("Please mend it.\n\nKind regards,\nAnna Smith", "Please mend it.\n\nKind regards,\n[name]"),
    ("Please mend it. Thank you,\nAnna Smith", "Please mend it. Thank you,\n[name]"),
    ("Regards, Anna Smith, anna@example.org", "Regards, [name], [e-mail]"),
    ("My name is Dr. Anna Smith", "My name is Dr. [name]"),
    ("Ich heiße Jürgen Müller-Lüdenscheidt.", "Ich heiße [name]."),
    ("Frau Dr. von Weizsäcker sagt nein", "Frau Dr. [name] sagt nein"),
    ("Mit freundlichen Grüßen\nHans Müller", "Mit freundlichen Grüßen\n[name]"),
    ("Je m'appelle Anne-Marie Dubois et j'habite ici", "Je m'appelle [name] et j'habite ici"),
    ("M. Dupont gare sa voiture. Cordialement, Mme Petit", "M. [name] gare sa voiture. Cordialement, Mme [name]"),
    ("Me llamo Juan Pérez García y vivo aquí. Saludos", "Me llamo [name] y vivo aquí. Saludos"),
    ("Estimado Sr. Pérez: la Sr.ª Ruiz", "Estimado Sr. [name]: la Sr.ª [name]"),
    ("la señora Núñez tira basura", "la señora [name] tira basura"),
    ("Meu nome é João da Silva.", "Meu nome é [name]."),
    ("Atenciosamente,\nAna Souza", "Atenciosamente,\n[name]"),
    (
        "Mi chiamo Marco D'Angelo e abito qui. La signora Rossi, la Sig.ra Bianchi",
        "Mi chiamo [name] e abito qui. La signora [name], la Sig.ra [name]",
    ),
    ("Geachte heer De Vries,", "Geachte heer [name],"),
    ("Ik heet Jan van 't Hof. Met vriendelijke groet, Jan", "Ik heet [name]. Met vriendelijke groet, [name]"),
    ("Nazywam się Łukasz Żak i mieszkam tu", "Nazywam się [name] i mieszkam tu"),
]


@pytest.mark.parametrize(("text", "expected"), NAMED)
def test_names_are_masked_where_the_text_says_that_one_follows(text: str, expected: str) -> None:
    assert masked(text) == expected


NO_PERSON = [
    "Dr. Martin Luther King Boulevard is dark, and so are Martin Luther King Jr. Blvd and Mr. Bean Street",
    "St. James Park, Don Valley Parkway, 12 Sunset Dr. Please mend it",
    "rue du Dr. Roux, rue du Général de Gaulle, place Monsieur Lemonnier",
    "Herr-Straße, Frau-Holle-Weg, Dr.-Külz-Ring, Dr. Schmidt Platz",
    "wie die Frau Müll in den Park warf, weil meine Frau Angst hat",
    "Colegio de Nuestra Señora de Lourdes, Igreja de Nossa Senhora de Fátima, Rua Dona Maria",
    "Avenida Dr. Ricardo Jorge, Doctor Esquerdo 12",
    "My name is on the list. my name is not important, street name: Washington",
    "I am African American and I'm from South Boston. I am in Hyde Park",
    "Thank you, City of Boston",
    "Thanks,\nPublic Works",
    "As regards Boston: best regards to all",
    "Best regards, Boston 311",
    "Mit freundlichen Grüßen\nOrdnungsamt Mitte",
    "Viele Grüße aus Berlin",
    "Cordialement,\nMairie de Paris",
    "Saludos, Ayuntamiento de Madrid",
    "Sehr geehrte Damen und Herren, Herr Bürgermeister, Monsieur le Maire, Sr. Alcalde",
    "Sincerely, A Concerned Citizen",
    "Thank You Very Much And Happy Holidays",
]


@pytest.mark.parametrize("text", NO_PERSON)
def test_streets_services_and_offices_stay_readable(text: str) -> None:
    assert masked(text) is None


ANNOUNCING = st.sampled_from(
    ["Mr.", "Mrs", "Dr.", "Herr", "Frau", "M.", "Sra.", "I am", "my name is", "Soy", "Regards,", "Thanks,\n", "Grüße",
     "\n", ",", ".", " ", "'s", "Street", "Anna", "O'Neill", "de", "van", "J.", "A", "12", "+1 617 555 0188"]
)  # fmt: skip


@given(st.lists(ANNOUNCING, max_size=30).map(" ".join))
def test_whatever_is_found_lies_in_the_text_from_left_to_right_without_overlaps(text: str) -> None:
    ended = 0
    for place in found(text):
        assert ended <= place.start < place.end <= len(text)
        assert text[place.start : place.end].strip() == text[place.start : place.end]
        ended = place.end


DESCRIPTION = "Dark lamp, call me at 617-635-4500"


async def test_the_public_reads_the_mask_and_the_giver_what_they_wrote(
    citizen: httpx.AsyncClient, clerk: httpx.AsyncClient, lamps: str
) -> None:
    made = (await citizen.post("/v1/requests", json={"service_id": lamps, "description": DESCRIPTION})).json()
    assert made["description"] == DESCRIPTION
    public = (await citizen.get(f"/v1/requests/{made['id']}")).json()
    assert public["description"] == "Dark lamp, call me at [phone]"
    listed = (await citizen.get("/v1/requests", params={"service_id": lamps})).json()["items"]
    assert [each["description"] for each in listed] == ["Dark lamp, call me at [phone]"]
    mine = (await citizen.get("/v1/me", headers={"Receipt-Token": made["receipt_token"]})).json()
    assert mine["requests"][0]["description"] == DESCRIPTION
    assert (await clerk.get(f"/v1/queue/{made['id']}")).json()["description"] == DESCRIPTION


async def test_answers_notes_and_comments_are_masked_too(
    citizen: httpx.AsyncClient, clerk: httpx.AsyncClient, lamps: str
) -> None:
    id_ = (await citizen.post("/v1/requests", json={"service_id": lamps})).json()["id"]
    answer = {"status": "answered", "answer": "Write to anna.b@example.org"}
    assert (await clerk.post(f"/v1/requests/{id_}/status", json=answer)).status_code == 200
    await citizen.post(f"/v1/requests/{id_}/notes", json={"text": "or to max@example.org"})
    detail = (await citizen.get(f"/v1/requests/{id_}")).json()
    assert [each["text"] for each in detail["answers"]] == ["Write to [e-mail]"]
    assert [each["text"] for each in detail["notes"]] == ["or to [e-mail]"]
    whole = (await clerk.get(f"/v1/queue/{id_}")).json()
    assert [each["text"] for each in whole["answers"]] == ["Write to anna.b@example.org"]
    rated = {"service_id": lamps, "value": 2, "comment": "I am at max@example.org"}
    rating = (await citizen.post("/v1/ratings", json=rated)).json()
    assert rating["comment"] == "I am at max@example.org"
    assert (await citizen.get(f"/v1/ratings/{rating['id']}")).json()["comment"] == "I am at [e-mail]"


async def test_what_staff_writes_is_masked_for_the_public_and_not_for_staff(
    citizen: httpx.AsyncClient, clerk: httpx.AsyncClient, lamps: str
) -> None:
    said_so, read = "Ask anna.b@example.org", "Ask [e-mail]"
    id_ = (await citizen.post("/v1/requests", json={"service_id": lamps})).json()["id"]
    assert (await clerk.post(f"/v1/requests/{id_}/notes", json={"text": said_so})).status_code == 201
    assert [each["text"] for each in (await citizen.get(f"/v1/requests/{id_}/notes")).json()["items"]] == [read]
    assert [each["text"] for each in (await clerk.get(f"/v1/queue/{id_}")).json()["notes"]] == [said_so]

    proposal = await propose(citizen, lamps)
    decided = await step(clerk, proposal, "decision", decision="accepted", reasons=said_so)
    assert decided.status_code == 200
    at = f"/v1/proposals/{proposal['id']}"
    plan = {"title": said_so, "planned_at": (datetime.now(UTC) + timedelta(days=9)).isoformat()}
    planned = (await clerk.post(f"{at}/milestones", json=plan)).json()
    assert planned["title"] == said_so
    reached = await clerk.post(f"{at}/milestones/{planned['id']}/reached", json={"note": said_so})
    assert reached.json()["note"] == said_so
    for who, text in ((citizen, read), (clerk, said_so)):
        seen = (await who.get(at)).json()
        assert (seen["reasons"], seen["milestones"][0]["title"], seen["milestones"][0]["note"]) == (text, text, text)
    feed = (await citizen.get("/v1/feeds/proposals.atom", params={"service_id": lamps})).text
    listed = (await citizen.get("/v1/proposals", params={"service_id": lamps})).text
    assert [read in each and said_so not in each for each in (feed, listed)] == [True, True]

    given = (await citizen.post("/v1/contributions", json={"service_id": lamps, "form": "hours", "amount": 9})).json()
    at, mine = f"/v1/contributions/{given['id']}", {"Receipt-Token": given["receipt_token"]}
    assert (await citizen.post(f"{at}/made", json={}, headers=mine)).status_code == 200
    assert (await clerk.post(f"{at}/refusal", json={"reason": said_so})).status_code == 200
    assert (await citizen.get(at)).json()["refusal"] == read
    assert (await citizen.get(at, headers=mine)).json()["refusal"] == said_so

    at = f"/v1/consultations/{await opened(clerk, lamps)}"
    questions = (await citizen.get(at)).json()["questions"]
    reworded = {"title": {"en": "Anew"}, "text": {"en": "Anew"}, "questions": questions, "reason": said_so}
    assert (await clerk.post(f"{at}/corrections", json=reworded)).status_code == 200
    assert [each["reason"] for each in (await citizen.get(f"{at}/versions")).json()] == [None, read]


async def test_open311_clients_and_feeds_are_told_the_mask(
    citizen: httpx.AsyncClient, clerk: httpx.AsyncClient, city: str, poles: str
) -> None:
    sent = {
        "service_code": poles, "lat": "48.2", "long": "16.2", "description": DESCRIPTION, "attribute[KIND]": "led",
        "jurisdiction_id": city,
    }  # fmt: skip
    reported = await citizen.post("/open311/v2/requests.json", data=sent)
    assert reported.status_code == 201, reported.text
    id_ = reported.json()[0]["service_request_id"]
    answer = {"status": "answered", "answer": "Write to anna.b@example.org"}
    await clerk.post(f"/v1/requests/{id_}/status", json=answer)
    report = (await citizen.get(f"/open311/v2/requests/{id_}.json", params={"jurisdiction_id": city})).json()[0]
    assert (report["description"], report["status_notes"]) == ("Dark lamp, call me at [phone]", "Write to [e-mail]")
    found = await citizen.get("/open311/v2/requests.json", params={"jurisdiction_id": city, "q": "635-4500"})
    assert found.json() == []
    feed = (await citizen.get("/v1/feeds/requests.atom", params={"jurisdiction_id": city})).text
    assert "[phone]" in feed
    assert "[e-mail]" in feed
    assert "635-4500" not in feed
    assert "anna.b" not in feed


async def test_what_is_corrected_is_masked_anew(citizen: httpx.AsyncClient, lamps: str) -> None:
    made = (await citizen.post("/v1/requests", json={"service_id": lamps, "description": DESCRIPTION})).json()
    mine = {"Receipt-Token": made["receipt_token"]}
    for text, public in (("I am at max@example.org", "I am at [e-mail]"), ("Dark lamp", "Dark lamp")):
        corrected = await citizen.patch(f"/v1/me/requests/{made['id']}", json={"description": text}, headers=mine)
        assert corrected.status_code == 200, corrected.text
        assert (await citizen.get(f"/v1/requests/{made['id']}")).json()["description"] == public
