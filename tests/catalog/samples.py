"""A city with something of every kind, each with all that can be said of it."""

from typing import Any

SQUARE = [[[-8.7, 41.1], [-8.5, 41.1], [-8.5, 41.2], [-8.7, 41.2], [-8.7, 41.1]]]
QUARTER = [[[-8.7, 41.1], [-8.6, 41.1], [-8.6, 41.2], [-8.7, 41.2], [-8.7, 41.1]]]
LINK = {"url": "https://example.org/paper", "title": "The paper"}


def whole_city(city: str) -> dict[str, list[dict[str, Any]]]:
    """Entities by the plurals of their kinds, in an order in which they can be made one by one."""
    here: dict[str, Any] = {"jurisdiction_id": city, "language": "en"}
    texts = {
        "description": "What it is about",
        "keywords": ["one", "two"],
        "translations": {"pt": {"name": "Nome", "description": "Descrição", "keywords": ["um"]}},
        "iri": f"http://example.org/{city}",
        "other_statements": '<http://example.org/a> <http://example.org/b> "c" .\n',
        "made_up": ["description"],
    }
    period = {"starts_on": "2025-01-01", "ends_on": "2025-12-31"}
    levels = [
        {"level": n, "name": f"Level {n}", "criterion": "It is so.", "evidence": 1 if n > 2 else 0} for n in range(1, 6)
    ]
    return {
        "jurisdictions": [
            {
                "id": city,
                "name": "Porto",
                "time_zone": "Europe/Lisbon",
                "languages": ["en", "pt"],
                "currency": "EUR",
                "country": "http://publications.europa.eu/resource/authority/country/PRT",
                "homepage": "https://www.cm-porto.pt/",
                "population": 231_800,
                "populations": {"2021": 231_800},
                "population_source": "census",
                "geometry": {"type": "Polygon", "coordinates": SQUARE},
                "brand": {
                    "claim": {"en": "Porto."},
                    "primary": {"text": "#ffffff", "background": "#003399"},
                    "accent": {"text": "#000000", "background": "#ffcc00"},
                    "logo": "https://example.org/logo.svg",
                    "logo_text": {"en": "The word Porto"},
                },
                "language": "en",
                **texts,
            }
        ],
        "concepts": [
            {"id": f"{city}.t.sensors", "scheme": "technology", "name": "Sensors", **here, **texts},
            {
                "id": f"{city}.t.lamps",
                "scheme": "technology",
                "name": "Lamps",
                "broader_id": f"{city}.t.sensors",
                **here,
            },
        ],
        "principle-sets": [
            {
                "id": f"{city}.own-principles",
                "name": "Own principles",
                "publisher": "The city",
                "source": LINK,
                "principles": [
                    {"code": "open", "name": "Openness", "description": "To see."},
                    {"code": "fair", "name": "Fairness"},
                ],
                "levels": levels,
                "rule": "lowest",
                **here,
                **texts,
            }
        ],
        "regions": [
            {"id": f"{city}.country", "name": "Country", "language": "en"},
            {
                "id": f"{city}.region",
                "name": "North",
                "jurisdiction_ids": [city],
                "parent_id": f"{city}.country",
                "language": "en",
                **texts,
            },
        ],
        "districts": [
            {
                "id": f"{city}.old",
                "name": "Old town",
                "populations": {"2011": 9_000, "2021": 10_000},
                "population": 10_000,
                "population_source": "census",
                "geometry": {"type": "Polygon", "coordinates": QUARTER},
                **here,
                **texts,
            }
        ],
        "organisations": [
            {"id": f"{city}.hall", "name": "City hall", "helix": "government", **here},
            {
                "id": f"{city}.lights",
                "name": "Lights",
                "helix": "government",
                "parent_id": f"{city}.hall",
                "kind": "department",
                "homepage": "https://example.org/",
                "email": "lights@example.org",
                "telephone": "+351 1",
                "spatial": ["http://example.org/porto"],
                **here,
                **texts,
            },
            {"id": f"{city}.uni", "name": "University", "helix": "academia", **here},
        ],
        "people": [
            {
                "id": f"{city}.head",
                "name": "Head of Lights",
                "email": "head@example.org",
                "roles": [{"title": "Head", "organisation_id": f"{city}.lights", **period}],
                **here,
                **texts,
            }
        ],
        "services": [
            {
                "id": f"{city}.poles",
                "name": "Poles",
                "status": "active",
                "organisation_id": f"{city}.lights",
                **here,
            },
            {
                "id": f"{city}.lamps",
                "name": "Street lamps",
                "status": "active",
                "organisation_id": f"{city}.lights",
                "owner_id": f"{city}.head",
                "collaborator_ids": [f"{city}.uni"],
                "focal_area": "energy",
                "technology_ids": [f"{city}.t.sensors"],
                "resolution_target": 86_400,
                "first_answer_target": 3_600,
                "target_source": "charter",
                "targets": [{"district_id": f"{city}.old", "priority": "urgent", "resolution_target": 3_600}],
                "open311": {
                    "group": "Streets",
                    "type": "realtime",
                    "attributes": [
                        {
                            "code": "POLE",
                            "datatype": "singlevaluelist",
                            "description": {"en": "Which?"},
                            "datatype_description": {"en": "Choose one"},
                            "required": True,
                            "order": 1,
                            "values": [{"key": "1", "name": {"en": "The first"}}],
                            "automated": "hidden_field",
                        }
                    ],
                },
                "identifier": "L-1",
                "service_languages": ["en", "pt"],
                "thematic_areas": ["http://example.org/energy"],
                "sectors": ["http://example.org/sector"],
                "types": ["http://example.org/type"],
                "audiences": ["http://example.org/all"],
                "classifications": ["http://example.org/class"],
                "spatial": ["http://example.org/porto"],
                "processing_time": "P1D",
                "homepage": LINK,
                "channels": [{"id": "web", "url": "https://example.org/", "opening_hours": {"en": "always"}}],
                "contact_points": [{"id": "desk", "telephone": "+351 1", "email": "desk@example.org"}],
                "costs": [{"id": "fee", "value": "1.5", "currency": "EUR", "channel_id": "web"}],
                "requirements": [
                    {"id": "r", "title": {"en": "To live here"}, "evidence_ids": ["e"], "fulfils": ["rule"]}
                ],
                "evidence": [{"id": "e", "title": {"en": "A bill"}, "evidence_type_ids": ["t"], "languages": ["en"]}],
                "evidence_types": [{"id": "t", "classification": ["http://example.org/bill"]}],
                "outputs": [{"id": "o", "title": {"en": "Light"}, "languages": ["en"]}],
                "rules": [{"id": "rule", "title": {"en": "At night"}, "legal_resource_ids": ["law"]}],
                "legal_resources": [{"id": "law", "iri": "http://example.org/law", "title": {"en": "The law"}}],
                "occasions": [{"id": "dark", "title": {"en": "It gets dark"}, "kind": "life"}],
                "requires_ids": [f"{city}.poles"],
                "related_ids": [f"{city}.poles"],
                **here,
                **texts,
            },
        ],
        "partnerships": [
            {
                "id": f"{city}.led",
                "name": "LED",
                "kind": "living-lab",
                "partners": [
                    {
                        "organisation_id": f"{city}.lights",
                        "role": "lead",
                        "cost_share": "60.5",
                        "risk_share": "50",
                        "contributions": [
                            {"kind": "money", "description": "cash", "value": {"amount": 100, "currency": "EUR"}}
                        ],
                    },
                    {"organisation_id": f"{city}.uni", "cost_share": "39.5", "risk_share": "50"},
                ],
                "service_ids": [f"{city}.lamps"],
                "terms": [{**period, "signed_on": "2024-12-01", "note": "first"}],
                "renewal": "by a council vote",
                "links": [LINK],
                **here,
                **texts,
            }
        ],
        "strategies": [
            {"id": f"{city}.plan", "name": "The plan", **here},
            {
                "id": f"{city}.light-plan",
                "name": "The plan for light",
                "parent_id": f"{city}.plan",
                "owner_id": f"{city}.head",
                "horizon": period,
                "links": [LINK],
                **here,
                **texts,
            },
        ],
        "objectives": [
            {
                "id": f"{city}.brighter",
                "name": "Brighter",
                "indicator": {
                    "source": "reported",
                    "code": "lit",
                    "name": "Streets lit",
                    "unit": "%",
                    "numerator": "lit streets",
                    "denominator": "streets",
                    "standard": "ISO 37120",
                    "standard_code": "7.1",
                },
                "baseline": {"value": "70", "on": "2025-01-01"},
                "target": {"value": "95.5", "on": "2027-12-31"},
                "reported": [{"value": "80", "on": "2026-01-01"}],
                "strategy_id": f"{city}.light-plan",
                "owner_id": f"{city}.head",
                "organisation_id": f"{city}.lights",
                "service_ids": [f"{city}.lamps"],
                "rationale": "It is dark",
                "links": [LINK],
                **here,
                **texts,
            }
        ],
        "commitments": [
            {
                "id": f"{city}.promise",
                "name": "All lamps mended",
                "person_id": f"{city}.head",
                "due_on": "2025-06-30",
                "outcome": "kept",
                "done_on": "2025-06-01",
                "outcome_note": "early",
                "objective_id": f"{city}.brighter",
                "service_ids": [f"{city}.lamps"],
                "links": [LINK],
                **here,
                **texts,
            }
        ],
        "decisions": [
            {
                "id": f"{city}.led-first",
                "name": "LED first",
                "decided_on": "2025-02-01",
                "reasons": "It saves",
                "person_ids": [f"{city}.head"],
                "organisation_id": f"{city}.hall",
                "alternatives": [{"title": "Gas", "why_not": "No"}],
                "service_ids": [f"{city}.lamps"],
                "objective_ids": [f"{city}.brighter"],
                "proposal_ids": ["p-1"],
                "links": [LINK],
                **here,
                **texts,
            }
        ],
        "capacity-reports": [
            {
                "id": f"{city}.lights-2025",
                "name": "Lights 2025",
                "organisation_id": f"{city}.lights",
                "service_id": f"{city}.lamps",
                "period": period,
                "staff": "12.5",
                "vacancies": "1.5",
                "skills": [{"skill": "electricity", "available": "8", "needed": "10"}],
                "training_days": "30.5",
                "budget_planned": {"amount": 100_000_00, "currency": "EUR"},
                "budget_spent": {"amount": 90_000_00, "currency": "EUR"},
                "cases_planned": 1_300,
                "cases_handled": 1_234,
                "source": LINK,
                **here,
                **texts,
            }
        ],
        "assessments": [
            {
                "id": f"{city}.assessment",
                "name": "Lamps, 2025",
                "principle_set_id": f"{city}.own-principles",
                "service_id": f"{city}.lamps",
                "assessed_on": "2025-12-01",
                "assessor_id": f"{city}.head",
                "organisation_id": f"{city}.uni",
                "findings": [
                    {"principle": "open", "level": 3, "note": "so", "evidence": [{"text": "see", "url": LINK["url"]}]},
                    {"principle": "fair", "level": 2},
                ],
                "maturity": 2,
                **here,
                **texts,
            }
        ],
        "cases": [
            {
                "id": f"{city}.case",
                "name": "LED in the old town",
                "context": "Dark streets",
                "done": "New lamps",
                "before": {"starts_on": "2023-01-01", "ends_on": "2023-12-31"},
                "after": period,
                "effect": "Brighter",
                "lessons": ["Ask first"],
                "service_ids": [f"{city}.lamps"],
                "organisation_ids": [f"{city}.uni"],
                "partnership_ids": [f"{city}.led"],
                "technology_ids": [f"{city}.t.sensors"],
                "focal_area": "energy",
                "links": [LINK],
                **here,
                **texts,
            }
        ],
    }
