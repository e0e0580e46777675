"""Mapping files: the delivered ones are good, and a bad one is told what is wrong with it."""

from pathlib import Path

import pytest

from services.feedback.imports.mapping import MappingError, parse_mapping
from tests.feedback.imports.files import MAPPINGS

GOOD = """
name: town
source: town
time_zone: Europe/Berlin
fields: {external_id: id, opened_at: opened}
services: {column: kind, values: {Pothole: town.potholes}}
resolutions: {otherwise: resolved}
"""


@pytest.mark.parametrize("file", sorted(MAPPINGS.glob("*.yaml")), ids=lambda file: file.stem)
def test_a_delivered_mapping_is_good_and_named_as_its_file(file: Path) -> None:
    assert parse_mapping(file.read_text(), file.name).name == file.stem


@pytest.mark.parametrize(
    ("change", "told"),
    [
        (("opened_at:", "opend_at:"), "fields.opend_at: unknown key; allowed are external_id, opened_at, closed_at"),
        (("opened_at: opened", "opened_at: 5"), "fields.opened_at: must be a valid string; put it in quotes"),
        (("Europe/Berlin", "Berlin"), "time_zone: not a time zone; one is named like America/New_York"),
        (("resolved}", "done}"), "resolutions.otherwise: must be 'resolved', 'declined', 'duplicate' or 'invalid'"),
        (("source: town", "source: Town!"), "source: String should match pattern"),
        (("town.potholes", "Potholes"), "services.values.Pothole: String should match pattern"),
        (("source: town", "format: xls"), "format: must be 'csv' or 'ndjson'"),
        (("source: town", "name: town"), "the key 'name' stands twice"),
        (
            ("resolutions: {", "resolutions: {column: c, rules: [{pattern: '(', resolution: invalid}], "),
            "rules.0.pattern",
        ),
        (("source: town", "source: &s town\noptional_columns: [*s]"), "aliases (*) are not allowed"),
        (("resolutions: {", "resolutions: {rules: [{pattern: a, resolution: invalid}], "), "rules need a column"),
        (("source: town", "optional_columns: [nothing]"), "source: Field required"),
        (("name: town", "["), "not YAML"),
    ],
)
def test_a_bad_mapping_is_told_file_key_and_what_is_allowed(change: tuple[str, str], told: str) -> None:
    with pytest.raises(MappingError) as caught:
        parse_mapping(GOOD.replace(*change), "town.yaml")
    assert "town.yaml: " in str(caught.value)
    assert told in str(caught.value)


def test_every_fault_is_told_at_once() -> None:
    with pytest.raises(MappingError) as caught:
        parse_mapping("name: A\nfoo: 1\n", "bad.yaml")
    assert len(caught.value.faults) == 7


def test_the_smallest_mapping_is_good() -> None:
    assert parse_mapping(GOOD, "town.yaml").columns == ["id", "opened", "kind"]
