"""The embedded parts keep their promises: data outlives a stop and a kill, and nobody else gets in."""

import asyncio
import os
import signal
import stat
from collections.abc import Callable
from pathlib import Path

import asyncpg
import pytest
from aiokafka import AIOKafkaConsumer, AIOKafkaProducer, TopicPartition
from aiokafka.admin import AIOKafkaAdminClient

from deploy.local.errors import PartError
from deploy.local.kafka import EmbeddedKafka
from deploy.local.postgres import EmbeddedPostgres
from shared import topics


async def test_topics_are_made_once_with_their_settings(kafka: EmbeddedKafka) -> None:
    wanted = {f"once.{name}": topic for name, topic in topics.TOPICS.items()}
    made = await topics.ensure_topics(kafka.bootstrap, wanted)
    assert set(made) == set(wanted)
    assert await topics.ensure_topics(kafka.bootstrap, wanted) == []
    admin = AIOKafkaAdminClient(bootstrap_servers=kafka.bootstrap)
    await admin.start()
    described = {topic["topic"]: topic for topic in await admin.describe_topics(list(wanted))}
    await admin.close()
    assert {len(topic["partitions"]) for topic in described.values()} == {8}


async def test_a_topic_with_another_number_of_partitions_is_refused(kafka: EmbeddedKafka) -> None:
    await topics.ensure_topics(kafka.bootstrap, {"narrow": topics.Topic(partitions=3)})
    with pytest.raises(topics.TopicError, match="narrow has 3 partitions, 8 are needed"):
        await topics.ensure_topics(kafka.bootstrap, {"narrow": topics.Topic()})


def test_what_kafka_acknowledged_survives_a_kill(tmp_path: Path) -> None:
    broker = EmbeddedKafka(tmp_path)
    broker.start()
    asyncio.run(_write(broker.bootstrap, [b"one", b"two"]))
    os.kill(broker.pid, signal.SIGKILL)
    broker.start()
    try:
        assert asyncio.run(_read(broker.bootstrap, 2)) == [b"one", b"two"]
    finally:
        broker.stop()


def test_what_postgres_committed_survives_a_kill(tmp_path: Path) -> None:
    server = EmbeddedPostgres(tmp_path)
    server.start()
    url = server.create_database("notes")
    asyncio.run(_execute(url, "CREATE TABLE note (text text); INSERT INTO note VALUES ('kept')"))
    os.kill(server.pid, signal.SIGKILL)
    server.start()
    try:
        assert asyncio.run(_value(url, "SELECT text FROM note")) == "kept"
    finally:
        server.stop()


def test_a_pid_file_whose_number_another_process_has_does_not_keep_postgres_from_starting(
    tmp_path: Path,
) -> None:
    server = EmbeddedPostgres(tmp_path)
    server.start()
    data = tmp_path / "postgres" / "data"
    left_behind = (data / "postmaster.pid").read_text().splitlines()
    server.stop()
    (data / "postmaster.pid").write_text("\n".join([str(os.getpid()), *left_behind[1:]]))
    server.start()
    server.stop()


def test_a_state_folder_too_deep_for_a_socket_is_served_all_the_same(tmp_path: Path) -> None:
    deep = tmp_path / ("d" * 60) / ("e" * 60)
    server = EmbeddedPostgres(deep)
    server.start()
    try:
        assert asyncio.run(_value(server.url("postgres"), "SELECT 1")) == 1
    finally:
        server.stop()


async def test_databases_are_durable_in_utf8_and_closed_to_others(
    postgres: EmbeddedPostgres, fresh_database: Callable[[str], str]
) -> None:
    url = fresh_database("plain")
    assert await _value(url, "SHOW fsync") == "on"
    assert await _value(url, "SHOW server_encoding") == "UTF8"
    assert await _value(url, "SHOW listen_addresses") == ""
    assert stat.S_IMODE(postgres.socket_folder.stat().st_mode) == 0o700


@pytest.mark.parametrize("name", ["", "Upper", 'quo"te', "a" * 64])
def test_only_plain_names_become_databases(postgres: EmbeddedPostgres, name: str) -> None:
    with pytest.raises(ValueError, match="not a database name"):
        postgres.create_database(name)


def test_a_part_that_cannot_start_says_which_why_and_what_to_do(tmp_path: Path) -> None:
    server = EmbeddedPostgres(tmp_path)
    server.start()
    server.stop()
    (tmp_path / "postgres" / "data" / "global" / "pg_control").unlink()
    with pytest.raises(PartError) as error:
        server.start()
    assert error.value.part == "postgres"
    assert "pg_control" in error.value.reason
    assert str(tmp_path / "logs" / "postgres.log") in error.value.remedy


async def _write(bootstrap: str, values: list[bytes]) -> None:
    await topics.ensure_topics(bootstrap, {"notes": topics.Topic(partitions=1)})
    async with AIOKafkaProducer(bootstrap_servers=bootstrap, acks="all") as producer:
        for value in values:
            await producer.send_and_wait("notes", value)


async def _read(bootstrap: str, count: int) -> list[bytes]:
    async with AIOKafkaConsumer(bootstrap_servers=bootstrap) as consumer:
        consumer.assign([TopicPartition("notes", 0)])
        await consumer.seek_to_beginning()
        return [(await consumer.getone()).value for _ in range(count)]


async def _execute(url: str, sql: str) -> None:
    connection = await asyncpg.connect(url)
    await connection.execute(sql)
    await connection.close()


async def _value(url: str, sql: str) -> object:
    connection = await asyncpg.connect(url)
    value = await connection.fetchval(sql)
    await connection.close()
    return value
