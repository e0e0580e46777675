"""SQL that reads buckets as tables of whole numbers: of each owner one row that holds them.

`array_send` gives arrays as the bytes that PostgreSQL sends, which numpy reads as they are: thousands of numbers cost
no more than a few.
"""

from services.metrics.buckets.measures import COLUMNS, DURATIONS, SPARSE, Measure
from services.metrics.buckets.tables import COMPLETE

DAY = "(day - DATE '0001-01-01' + 1)::bigint"
"""Days are counted as `date.toordinal` does."""

_SENT = f"array_send(array_agg(ARRAY[{', '.join((DAY, *COLUMNS))}])) AS sent"
_ADDED_UP = ", ".join(f"sum({column})::bigint AS {column}" for column in COLUMNS)
_CELLS = "FROM {table}_cells WHERE {owner} = ANY ($1) AND day BETWEEN $2 AND $3"
_TIMES = ", ".join(f"{measure:d}" for measure in DURATIONS)
_OTHERS = ", ".join(f"{measure:d}" for measure in SPARSE if measure not in DURATIONS)
_TARGET = f"CASE measure WHEN {Measure.TIME_TO_ANSWER:d} THEN s.first_answer_target ELSE s.resolution_target END"
_ROWS = f"array_send(array_agg(ARRAY[bin::bigint, {DAY}, count, total])) AS sent"


class Read:
    """The statements on one grouping by day. Parameters: owners, first day, last day; of `earlier`, no last."""

    def __init__(self, table: str, owner: str) -> None:
        cells = _CELLS.format(table=table, owner=owner)
        by_day = f"SELECT day, {_ADDED_UP} {cells} GROUP BY day"
        sparse = f"FROM {table}_sparse WHERE {owner} = ANY ($1) AND day BETWEEN $2 AND $3 AND {COMPLETE}"
        self.cells = f"SELECT {owner}, {_SENT} {cells} GROUP BY {owner}"
        self.pooled_cells = f"SELECT '', {_SENT} FROM ({by_day}) AS d"
        self.sparse = f"SELECT {owner}, measure, {_ROWS} {sparse} GROUP BY {owner}, measure"
        self.pooled_sparse = f"""
        SELECT '', measure, {_ROWS} FROM (
            SELECT measure, bin, day, sum(count)::bigint AS count, sum(total)::bigint AS total {sparse}
            AND measure IN ({_OTHERS}) GROUP BY measure, bin, day) AS d GROUP BY measure
        """
        self.earlier_cells = f"""
        SELECT {owner}, {_ADDED_UP} FROM {table}_cells WHERE {owner} = ANY ($1) AND day < $2 GROUP BY {owner}
        """
        self.earlier_sparse = f"""
        SELECT {owner}, measure, bin, sum(count)::bigint AS count FROM {table}_sparse
        WHERE {owner} = ANY ($1) AND day < $2 AND {COMPLETE} GROUP BY {owner}, measure, bin
        """
        # Of none, no row.
        self.earlier_pooled_cells = f"""
        SELECT '', {_ADDED_UP} FROM {table}_cells WHERE {owner} = ANY ($1) AND day < $2 HAVING count(*) > 0
        """
        self.earlier_pooled_sparse = f"""
        SELECT '', measure, bin, sum(count)::bigint AS count FROM {table}_sparse
        WHERE {owner} = ANY ($1) AND day < $2 AND measure IN ({_OTHERS}) GROUP BY measure, bin
        """


SERVICES = Read("bucket_day", "service_id")
JURISDICTIONS = Read("bucket_jurisdiction", "jurisdiction_id")

# Durations of several services, by the target that each one's are held against.
RELATIVE_TIMES = f"""
SELECT measure, target, {_ROWS} FROM (
    SELECT measure, {_TARGET} AS target, bin, day, sum(count)::bigint AS count, 0::bigint AS total
    FROM bucket_day_sparse JOIN service s ON s.id = service_id
    WHERE service_id = ANY ($1) AND measure IN ({_TIMES}) AND day BETWEEN $2 AND $3 AND {COMPLETE}
    GROUP BY 1, 2, bin, day) AS d
WHERE target IS NOT NULL GROUP BY measure, target
"""
EARLIER_RELATIVE_TIMES = f"""
SELECT measure, {_TARGET} AS target, sum(count)::bigint AS count
FROM bucket_day_sparse JOIN service s ON s.id = service_id
WHERE service_id = ANY ($1) AND measure IN ({_TIMES}) AND day < $2 AND {COMPLETE} GROUP BY 1, 2
"""
