"""`civicloop check` on a loop where all is well, and in the form that scripts rely on."""

import asyncio
import json
import os
import subprocess
import sys
from collections import Counter

from deploy.checker.parts import sql
from deploy.checker.witness import ENDINGS, item_of
from services.metrics.buckets.measures import Measure
from services.metrics.rebuilding import store as measures
from services.metrics.rebuilding.builder import Builder
from services.metrics.rebuilding.counting import Task
from shared.contracts import feedback
from shared.contracts.durations import BOUNDARIES
from shared.database import engine, transaction
from tests.loop.loop import Loop, Records
from tests.loop.messages import altered, bare
from tests.metrics.conftest import serving

MEMBERS = {"events", "lost", "doubled", "reordered", "wrong"}


async def command(loop: Loop, metrics_port: int, *arguments: str) -> tuple[int, str, str]:
    """Exit status and output of `civicloop check`, which finds the loop by its environment."""
    databases = {f"CIVICLOOP_{service.upper()}_DATABASE_URL": url for service, url in loop.urls.items()}
    own = {"CIVICLOOP_KAFKA_BOOTSTRAP": loop.bootstrap, "CIVICLOOP_METRICS_PORT": str(metrics_port)}
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "services.cli", "check", *arguments),
        env={**os.environ, **databases, **own},
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )
    output, errors = await process.communicate()
    return process.returncode or 0, output.decode(), errors.decode()


async def test_a_sound_loop_passes(loop: Loop) -> None:
    report = await loop.check()
    assert report.passed, "\n".join(report.lines())
    async with loop.database("feedback") as connection:
        assert report.events == await connection.fetchval("SELECT count(*) FROM outbox")
        assert {
            row["type"] for row in await connection.fetch("SELECT DISTINCT type FROM outbox")
        } == feedback.TYPES.keys()
    assert report.figures["services"] == 3
    assert report.figures["buckets"] > 1_000
    assert report.figures["sketches"] > 10


async def test_what_is_taken_back_tells_the_channel_by_which_it_came(loop: Loop) -> None:
    async with loop.database("feedback") as connection:
        rows = await connection.fetch("SELECT type, payload FROM outbox ORDER BY part, seq")
    channels: dict[bytes, str | None] = {}
    compared: Counter[str] = Counter()
    for row in rows:
        data = json.loads(row["payload"])
        item = item_of(row["type"], data)
        if "channel" in feedback.TYPES[row["type"]].__struct_fields__:
            if row["type"].endswith(ENDINGS):
                assert channels[item] == data.get("channel"), row["type"]
                compared[row["type"]] += "channel" in data
            else:
                channels[item] = data.get("channel")
    assert {type_ for type_, number in compared.items() if number} == {
        type_ for type_ in feedback.TYPES if type_.endswith(ENDINGS)
    }


async def test_the_command_says_so_as_json_and_for_people(loop: Loop) -> None:
    async with serving(loop.urls["metrics"]) as address:
        port = int(address.rpartition(":")[2])
        status, output, _ = await command(loop, port, "--json", "--timeout", "1")
        found = json.loads(output)
        assert status == 0
        assert found.keys() >= MEMBERS
        assert [found[kind] for kind in ("lost", "doubled", "reordered", "wrong")] == [0, 0, 0, 0]
        status, output, _ = await command(loop, port)
        assert (status, output.splitlines()[-1]) == (0, "Nothing is lost, doubled, reordered or wrong.")


async def test_a_failed_check_shows_what_and_what_to_do(loop: Loop) -> None:
    broken = await loop.clone()
    await broken.execute("metrics", "UPDATE bucket_month_cells SET inputs = inputs + 1")
    async with serving(broken.urls["metrics"]) as address:
        status, output, _ = await command(broken, int(address.rpartition(":")[2]), "--timeout", "0")
    assert status == 1
    assert "bucket_month town." in output
    assert "count anew from the topic" in output


async def test_without_metrics_there_is_no_verdict(loop: Loop) -> None:
    status, output, errors = await command(loop, 9, "--json", "--timeout", "0")
    assert (status, output) == (2, "")
    assert "metrics does not answer at http://127.0.0.1:9" in errors


async def test_messages_sent_again_or_by_strangers_are_reported_but_no_failure(loop: Loop) -> None:
    again = await loop.copy(lambda records: [*records[:20], *records, *records[5:9]])
    report = await again.check()
    assert report.passed, "\n".join(report.lines())
    assert report.figures["redelivered"] == 2 * 24

    foreign = await loop.copy(lambda records: [*_strange(records), *records])
    report = await foreign.check()
    assert report.passed, "\n".join(report.lines())
    assert report.figures["foreign"] == 2 * 4


def _strange(records: Records) -> Records:
    """Not an event, another's event, one of a part that lives elsewhere, and a number that was never given."""
    first = records[0]
    return [
        bare(first, b"\xff not an event"),
        altered(first, ce_source=b"/elsewhere/1"),
        altered(first, ce_source=b"/civicloop/feedback/7"),
        altered(first, ce_sequence=b"%020d" % 10**12),
    ]


async def test_a_loop_at_work_is_said_to_be_so(loop: Loop) -> None:
    busy = await loop.copy()
    await busy.execute("feedback", "UPDATE outbox_relay SET acked_seq = acked_seq - 1 WHERE acked_seq > 0")
    await busy.execute("metrics", "UPDATE consumer_offset SET next_offset = 0 WHERE topic = $1", busy.topics.feedback)
    await busy.execute("metrics", "UPDATE service_activity SET touched = touched + 1 WHERE service_id = 'town.lamps'")
    report = await busy.check()
    assert not report.passed
    behind = " ".join(report.behind)
    assert "feedback's relay has 2 events to publish" in behind
    assert f"messages of {busy.topics.feedback} to read" in behind
    assert "1 services to score anew, such as town.lamps" in behind


async def test_the_checkers_bins_are_those_of_the_contract(loop: Loop) -> None:
    async with loop.database("feedback") as connection:
        assert (
            await connection.fetchval(f"{sql('observations')} SELECT reaches FROM boundary", [], [], [], [])
            == BOUNDARIES
        )


def test_the_checker_shares_nothing_with_what_it_checks() -> None:
    """Importing all of it brings in no module of a service, and neither outbox nor inbox."""
    program = (
        "import sys, deploy.checker.check; print(*(m for m in sys.modules if m.startswith(('services', 'shared'))))"
    )
    found = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert found.stdout.split()
    assert all(module == "shared" or module.startswith("shared.contracts") for module in found.stdout.split())


async def test_measures_on_demand_are_recounted_once_they_are_kept(loop: Loop) -> None:
    small = await loop.clone()
    database = engine(small.urls["metrics"])
    task = Task(small.urls["metrics"], small.bootstrap, small.topics.feedback, "/civicloop/feedback")
    async with transaction(database) as connection:
        await measures.ensure_kept(connection, ["lateness"])
    await Builder(database, task).build()
    async with transaction(database) as connection:
        kept = f"FROM bucket_day WHERE measure = {Measure.LATENESS:d}"
        assert await connection.fetchval(f"SELECT count(*) {kept}") > 0
    assert not (await small.check()).findings.counts["wrong"]
    await small.execute(
        "metrics", f"UPDATE bucket_day_sparse SET total = total + 1 WHERE measure = {Measure.LATENESS:d}"
    )
    assert (await small.check()).findings.counts["wrong"]
    await database.dispose()
