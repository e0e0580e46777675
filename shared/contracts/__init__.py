"""The events: what services know of each other, and nothing else.

One module per owning service holds its events as msgspec structs. Within a major version (`...v1`) only optional
fields may be added; consumers ignore fields they do not know. `schemas/` holds the JSON Schema of each type.
"""
