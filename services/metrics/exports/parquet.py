"""Rows of scores as Parquet, made apart, for pyarrow is large."""

from datetime import date
from types import UnionType
from typing import Any, get_args, get_type_hints

import msgspec

from services.metrics.exports.rows import Row


def parquet(rows_as_json: bytes) -> bytes:
    """The rows in columns with types; the same bytes for the same rows."""
    import pyarrow as pa
    from pyarrow.parquet import write_table

    types = {str: pa.string(), float: pa.float64(), int: pa.int64(), date: pa.date32()}
    fields = [
        pa.field(name, types[_plain(hint)], nullable=isinstance(hint, UnionType))
        for name, hint in get_type_hints(Row).items()
    ]
    rows = msgspec.json.decode(rows_as_json, type=list[Row])
    columns = [pa.array([row[place] for row in rows], type=each.type) for place, each in enumerate(fields)]
    sink = pa.BufferOutputStream()
    write_table(pa.Table.from_arrays(columns, schema=pa.schema(fields)), sink, compression="zstd")
    made: bytes = sink.getvalue().to_pybytes()
    return made


def _plain(hint: Any) -> Any:
    """A type without its None."""
    return next(each for each in get_args(hint) if each is not type(None)) if isinstance(hint, UnionType) else hint
