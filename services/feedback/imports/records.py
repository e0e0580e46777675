"""A stream of bytes, cut anywhere, as the records of a CSV or NDJSON file. Pure: no input or output of its own."""

import csv
import io
import zlib
from collections.abc import Iterator, Sequence
from itertools import chain
from typing import Any, Protocol

import msgspec

LONGEST = 16_777_216
"""Bytes of one record: what bounds memory. A longer one is most often a quote that is never closed."""

MOST_COLUMNS = 1_000
BOM = b"\xef\xbb\xbf"
PIECE = 16_384
"""Bytes that are read in one go: some dozens of rows, so that nothing else waits for long."""

# The module's own limit of 128 KiB a field would leave a reader in the middle of a record, whose rest would then be
# taken for records. Records are bounded here instead, well below this.
csv.field_size_limit(4 * LONGEST)


class Broken(list[str]):
    """Stands where a record should have been; it has no values."""

    def __init__(self, reason: str) -> None:
        super().__init__()
        self.reason = reason


Record = tuple[int, list[str]]
"""The line at which a record ends, and its values."""


class Unreadable(Exception):
    """Nothing can be made of the file from this line on."""

    def __init__(self, slug: str, detail: str) -> None:
        super().__init__(detail)
        self.slug = slug
        self.detail = detail


class Records(Protocol):
    """Takes bytes as they come. `feed` and `finish` return the records that are complete; either raises Unreadable.

    However the bytes are cut, the same records come out. `header` is None until it is known.
    """

    header: list[str] | None

    def feed(self, data: bytes) -> list[Record]: ...

    def finish(self) -> list[Record]: ...


class Lines:
    """Bytes as blocks of whole lines; a line ends with LF, CR or CR LF."""

    def __init__(self) -> None:
        self._rest = bytearray()
        self._wanted = 0

    def add(self, data: bytes) -> bytes:
        """All that now lies before the last line end, and was not given out yet."""
        self._rest += data
        if len(self._rest) < self._wanted:
            return b""
        # A CR at the very end may be half of CR LF.
        end = max(self._rest.rfind(b"\n"), self._rest.rfind(b"\r", 0, max(0, len(self._rest) - 1))) + 1
        if len(self._rest) - end > LONGEST:
            raise Unreadable("record-too-long", f"a line is longer than {LONGEST} bytes")
        block = bytes(self._rest[:end])
        del self._rest[:end]
        return block

    def put_back(self, block: bytes) -> None:
        """Lines that need what follows. It is given out again when it has doubled, so that it is not read too often."""
        if len(block) > LONGEST:
            raise Unreadable("record-too-long", f"a record is longer than {LONGEST} bytes")
        self._rest[:0] = block
        self._wanted = 2 * len(self._rest) if block else 0

    def rest(self) -> bytes:
        block, self._rest, self._wanted = bytes(self._rest), bytearray(), 0
        return block


class CsvRecords:
    """CSV as Python's csv module reads it: quoted values may hold delimiters and line ends. Blank lines are skipped."""

    def __init__(self, encoding: str, delimiter: str) -> None:
        self.header: list[str] | None = None
        self._encoding = encoding
        self._delimiter = delimiter
        self._lines = Lines()
        self._line = 0
        self._begun = False

    def feed(self, data: bytes) -> list[Record]:
        return self._records(self._lines.add(data), last=False)

    def finish(self) -> list[Record]:
        return self._records(self._lines.rest(), last=True)

    def _records(self, block: bytes, last: bool) -> list[Record]:
        text = self._text(block)
        records = self._parse(text, last) if text else []
        if self.header is None and records:
            self.header = _header(records.pop(0)[1])
        return [_checked(record) for record in records] if _suspect(text) else records

    def _text(self, block: bytes) -> str:
        """Bytes that are not of the encoding become lone surrogates."""
        if block and not self._begun:
            self._begun = True
            block = block.removeprefix(BOM)
        return block.decode(self._encoding, "surrogateescape")

    def _parse(self, text: str, last: bool) -> list[Record]:
        reader = self._reader(io.StringIO(text, newline=""))
        rows: list[list[str]] = []
        try:
            rows.extend(reader)
        except _Exhausted:
            self._lines.put_back(b"")
        if len(rows) != reader.line_num:
            return self._parse_with_quoted_lines(text, last)
        first = self._line + 1
        self._line += len(rows)
        return [record for record in enumerate(rows, first) if record[1]]

    def _parse_with_quoted_lines(self, text: str, last: bool) -> list[Record]:
        """Line by line: needed where a record spans lines, the last one perhaps beyond this text."""
        lines = list(io.StringIO(text, newline=""))
        reader = self._reader(iter(lines))
        records: list[Record] = []
        end = 0
        try:
            for row in reader:
                end = reader.line_num
                records.append((self._line + end, row))
        except _Exhausted:
            rest = "".join(lines[end:])
        self._line += end
        if last and rest:
            records.append((self._line + 1, Broken("unclosed-quote")))
        else:
            self._lines.put_back(rest.encode(self._encoding, "surrogateescape"))
        return [record for record in records if record[1] or isinstance(record[1], Broken)]

    def _reader(self, lines: Iterator[str]) -> Any:
        return csv.reader(chain(lines, _exhausted()), delimiter=self._delimiter)


def _suspect(text: str) -> bool:
    """Whether any record of the text may hold what no column can: asked once for many records."""
    return "\0" in text or not _encodes(text)


def _encodes(text: str) -> bool:
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True


def _checked(record: Record) -> Record:
    line, values = record
    if any("\0" in value for value in values):
        return line, Broken("nul-character")
    return record if all(map(_encodes, values)) else (line, Broken("bad-encoding"))


class _Exhausted(Exception):
    """The text ends here, but the file perhaps does not."""


def _exhausted() -> Iterator[str]:
    """Ends a reader with an exception: at a plain end it would give out half a record as if it were whole."""
    yield from ()
    raise _Exhausted


def _header(names: Sequence[str]) -> list[str]:
    if len(names) > MOST_COLUMNS:
        raise Unreadable("too-many-columns", f"the first line names {len(names)} columns; {MOST_COLUMNS} are allowed")
    return [name.strip() for name in names]


class NdjsonRecords:
    """One JSON object a line; of its members `columns` are read, missing or null ones as empty values."""

    def __init__(self, columns: list[str]) -> None:
        self.header: list[str] | None = columns
        self._lines = Lines()
        self._line = 0

    def feed(self, data: bytes) -> list[Record]:
        return self._records(self._lines.add(data))

    def finish(self) -> list[Record]:
        return self._records(self._lines.rest())

    def _records(self, block: bytes) -> list[Record]:
        lines = block.split(b"\n")
        if not lines[-1]:
            lines.pop()
        numbered = enumerate(lines, self._line + 1)
        self._line += len(lines)
        return [(number, self._values(line)) for number, line in numbered if line.strip()]

    def _values(self, line: bytes) -> list[str]:
        try:
            members = _decode_object(line.removeprefix(BOM))
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
            return Broken("not-a-json-object")
        values = [_as_text(members.get(column)) for column in self.header or ()]
        return _checked((0, values))[1]


_decode_object = msgspec.json.Decoder(dict[str, Any]).decode


def _as_text(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, str):
        return value
    return msgspec.json.encode(value).decode()


class Gunzip:
    """Unpacks gzip as it comes, in pieces of bounded size, however much a small piece may unfold to."""

    def __init__(self) -> None:
        self._member = zlib.decompressobj(wbits=31)
        self._begun = False

    def pieces(self, data: bytes) -> Iterator[bytes]:
        """What `data` unfolds to. Raises Unreadable where it is not gzip."""
        while data:
            if self._member.eof:
                self._member = zlib.decompressobj(wbits=31)
            self._begun = True
            yield self._piece(data)
            data = self._member.unused_data if self._member.eof else self._member.unconsumed_tail

    def _piece(self, data: bytes) -> bytes:
        try:
            return self._member.decompress(data, PIECE)
        except zlib.error as error:
            raise Unreadable("not-gzip", f"the body is said to be gzip and is not: {error}") from error

    def finish(self) -> None:
        """Raises Unreadable where the file ends too early."""
        if self._begun and not self._member.eof:
            raise Unreadable("ends-early", "the gzip file ends in its middle")


class Plain:
    """Bytes as they are, in the shape of Gunzip."""

    def pieces(self, data: bytes) -> Iterator[bytes]:
        for start in range(0, len(data), PIECE):
            yield data[start : start + PIECE]

    def finish(self) -> None:
        pass
