"""The JSON Schemas of the event types (2020-12): made from the structs, committed, served, never changed incompatibly.

`python -m shared.contracts.schemas write` renews the committed files and refuses a change that old readers or
writers could not live with; `check` fails where a file is not what its struct says.
"""

import hashlib
import json
import sys
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any, NamedTuple

import msgspec

from shared.contracts.registry import TYPES, schema_urn

FOLDER = Path(__file__).parent / "schemas"

COMPARED_APART = {"properties", "required", "$defs", "title", "description"}
"""What may change in a schema, or is looked at member by member; a default may not: writers leave it out."""

Schema = dict[str, Any]


class Committed(NamedTuple):
    """A schema as it is served."""

    text: str
    etag: str


@cache
def committed() -> dict[str, Committed]:
    """The committed schemas by type name, such as `feedback.rating.given.v1`."""
    texts = {path.name.removesuffix(".json"): path.read_text() for path in FOLDER.glob("*.json")}
    return {
        name: Committed(text, f'"{hashlib.sha256(text.encode()).hexdigest()[:16]}"') for name, text in texts.items()
    }


def generate(type_name: str) -> str:
    """The schema of a type as its file holds it."""
    (root,), components = msgspec.json.schema_components([TYPES[type_name]], ref_template="#/$defs/{name}")
    name = root["$ref"].rpartition("/")[2]
    head = {"$schema": "https://json-schema.org/draft/2020-12/schema", "$id": schema_urn(type_name)}
    schema = head | components.pop(name) | ({"$defs": components} if components else {})
    return json.dumps(schema, indent=2, ensure_ascii=False) + "\n"


def incompatibilities(old: Schema, new: Schema, at: str = "") -> Iterator[str]:
    """What a change would break within a major version: only optional members may be added, nothing else change."""
    for key in sorted((old.keys() | new.keys()) - COMPARED_APART):
        if old.get(key) != new.get(key):
            yield f"{at or 'the event'}: {key} was {old.get(key)!r}, now {new.get(key)!r}"
    before, after = old.get("properties", {}), new.get("properties", {})
    for name in before.keys() - after.keys():
        yield f"{at}.{name} is gone"
    for name in set(new.get("required", ())) ^ set(old.get("required", ())):
        yield f"{at}.{name} became {'required' if name in new.get('required', ()) else 'optional'}"
    for name in sorted(before.keys() & after.keys()):
        yield from incompatibilities(before[name], after[name], f"{at}.{name}")
    for name in sorted(old.get("$defs", {}).keys() & new.get("$defs", {}).keys()):
        yield from incompatibilities(old["$defs"][name], new["$defs"][name], f"{at}/{name}")


def check() -> list[str]:
    """Where the committed files and the structs disagree."""
    stored = committed()
    stale = [f"{name}: the struct has changed; write the schemas anew" for name in TYPES if _differs(name, stored)]
    return stale + [f"{name}: a committed schema without a struct" for name in stored.keys() - TYPES.keys()]


def _differs(name: str, stored: dict[str, Committed]) -> bool:
    return name not in stored or stored[name].text != generate(name)


def write() -> list[str]:
    """Renews the files; returns why it did not, where a change is incompatible."""
    stored = committed()
    refused = [
        f"{name}: {reason}; make it a new major version"
        for name in TYPES.keys() & stored.keys()
        for reason in incompatibilities(json.loads(stored[name].text), json.loads(generate(name)))
    ]
    if not refused:
        FOLDER.mkdir(exist_ok=True)
        for name in TYPES:
            (FOLDER / f"{name}.json").write_text(generate(name))
    return refused


def main(arguments: list[str]) -> int:
    """Runs `write` or `check`; exit status 1 where there is something to say, 2 for other words."""
    commands = {"write": write, "check": check}
    if len(arguments) != 1 or arguments[0] not in commands:
        print("usage: python -m shared.contracts.schemas write|check", file=sys.stderr)
        return 2
    complaints = commands[arguments[0]]()
    print("\n".join(complaints) or f"{len(TYPES)} event types, schemas as committed")
    return 1 if complaints else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
