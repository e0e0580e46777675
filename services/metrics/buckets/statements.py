"""The statements that add columns of whole numbers to a table of buckets, and delete what was taken back whole."""

from collections.abc import Sequence
from functools import cache
from typing import NamedTuple

from services.metrics.buckets.measures import COLUMNS
from services.metrics.buckets.tables import Grouping


class Table(NamedTuple):
    """A table as its statements see it: parameters are one array for each of `keys` and `amounts`, in that order,
    then the names of each owner, which the owners' arrays index from 0. `period`, the last key, counts days from 1970.
    """

    name: str
    owners: tuple[str, ...]
    others: tuple[str, ...]
    period: str
    amounts: tuple[str, ...]

    @property
    def keys(self) -> tuple[str, ...]:
        return (*self.owners, *self.others, self.period)

    @property
    def _rows(self) -> str:
        columns = (*(f"code_{owner}" for owner in self.owners), *self.others, "number", *self.amounts)
        arrays = ", ".join(f"${n}::text::bigint[]" for n in range(1, len(columns) + 1))
        joins = " ".join(
            f"JOIN unnest(${len(columns) + n}::text[]) WITH ORDINALITY AS o{n} (name_{owner}, number_{owner}) "
            f"ON number_{owner} = code_{owner} + 1"
            for n, owner in enumerate(self.owners, 1)
        )
        return f"unnest({arrays}) AS r ({', '.join(columns)}) {joins}"

    @property
    def _values(self) -> list[str]:
        return [*(f"name_{owner}" for owner in self.owners), *self.others, "date '1970-01-01' + number::int"]

    def only(self, amounts: Sequence[str]) -> "Table":
        """The same, where all other amounts are 0."""
        return _only(self, tuple(amounts))

    @property
    def add(self) -> str:
        """Adds amounts to the rows of their keys; others of a new row are 0."""
        keys, values, amounts = (", ".join(names) for names in (self.keys, self._values, self.amounts))
        sums = ", ".join(f"{amount} = b.{amount} + excluded.{amount}" for amount in self.amounts)
        return f"""
            INSERT INTO {self.name} AS b ({keys}, {amounts}) SELECT {values}, {amounts} FROM {self._rows}
            ORDER BY {", ".join(map(str, range(1, len(self.keys) + 1)))}
            ON CONFLICT ({keys}) DO UPDATE SET {sums}"""

    @property
    def delete_emptied(self) -> str:
        """Deletes those of the rows whose amounts are all 0: they must be as if they had never been."""
        pairs = zip(self.keys, self._values, strict=True)
        same = " AND ".join(f"b.{key} = {'r.' if value == key else ''}{value}" for key, value in pairs)
        empty = " AND ".join(f"b.{amount} = 0" for amount in self.amounts)
        return f"DELETE FROM {self.name} b USING {self._rows} WHERE {same} AND {empty}"


@cache
def _only(table: Table, amounts: tuple[str, ...]) -> Table:
    return table._replace(amounts=amounts)


@cache
def cells_table(grouping: Grouping) -> Table:
    return Table(grouping.cells, grouping.owners, (), grouping.period, COLUMNS)


@cache
def sparse_table(grouping: Grouping) -> Table:
    return Table(grouping.sparse, grouping.owners, ("measure", "bin"), grouping.period, ("count", "total"))
