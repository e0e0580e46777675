"""What somebody who runs the platform relies on: one command up, one down, and whatever happens between."""

import json
import signal
import socket
import stat
from collections.abc import Callable, Iterator
from pathlib import Path

import psutil
import pytest

from deploy.local import ports
from deploy.local.kafka import EmbeddedKafka
from tests.support import StackUnderTest, lives, wait_for

SERVICES = {"catalog", "feedback", "metrics"}
PROCESSES = {f"{service}-{kind}" for service in SERVICES for kind in ("api", "worker")}
STORES = {"kafka", "postgres"}


def test_status_names_each_process_with_its_port(stack: StackUnderTest) -> None:
    shown = stack.command("status", "--json")
    assert shown.returncode == 0
    status = json.loads(shown.stdout)
    assert set(status) == {"ready", "processes", "addresses"}
    assert status["ready"] is True
    assert {process["name"] for process in status["processes"]} == PROCESSES | STORES
    assert all(set(process) == {"name", "pid", "port", "restarts"} for process in status["processes"])
    assert status["addresses"] == {service: stack.address(service) for service in SERVICES}


def test_what_does_not_run_is_not_ready(tmp_path: Path) -> None:
    shown = StackUnderTest(tmp_path).command("status", "--json")
    assert shown.returncode == 1
    assert json.loads(shown.stdout) == {"ready": False, "processes": [], "addresses": {}}


def test_down_of_what_does_not_run_says_so(tmp_path: Path) -> None:
    stopped = StackUnderTest(tmp_path).command("down")
    assert stopped.returncode == 0
    assert "nothing runs" in stopped.stdout


@pytest.mark.parametrize("name", ["catalog-api", "metrics-worker", "postgres", "kafka"])
def test_a_process_that_dies_is_started_again_and_counted(stack: StackUnderTest, name: str) -> None:
    before = stack.processes()[name]
    stack.kill(name)
    wait_for(lambda: stack.processes()[name]["restarts"] > before["restarts"], f"{name} is counted")
    stack.wait_ready()
    after = stack.processes()[name]
    assert after["pid"] != before["pid"]
    assert after["restarts"] == before["restarts"] + 1


def test_a_second_launcher_with_the_same_state_is_refused(stack: StackUnderTest) -> None:
    second = stack.command("up", "--detach", "--no-city")
    assert second.returncode != 0
    assert "runs already" in second.stdout + second.stderr
    assert "civicloop down" in second.stdout + second.stderr
    stack.wait_ready()


def test_the_operators_key_is_its_owners_alone(stack: StackUnderTest) -> None:
    assert stat.S_IMODE(stack.state.operator_key.stat().st_mode) == 0o600
    assert stat.S_IMODE(stack.state.folder.stat().st_mode) == 0o700


def test_no_secret_stands_in_a_log_or_a_command_line(stack: StackUnderTest) -> None:
    secrets = [stack.key(), stack.settings()["CIVICLOOP_FEEDBACK_SECRET"]]
    launcher = psutil.Process(stack.launcher_pid())
    public = [" ".join(process.cmdline()) for process in (launcher, *launcher.children(recursive=True))]
    public += [log.read_text() for log in (stack.state.folder / "logs").iterdir()]
    assert not [text for text in public for secret in secrets if secret in text]


def test_a_port_in_use_is_named_with_what_to_set(tmp_path: Path) -> None:
    other = StackUnderTest(tmp_path)
    port = other.port_base + 2
    with socket.create_server(("127.0.0.1", port)):
        started = other.command("up", "--detach", "--no-city")
    assert started.returncode == 1
    assert f"feedback-api: port {port} is used by another process" in started.stdout
    assert "CIVICLOOP_PORT_BASE" in started.stdout


def test_a_setting_that_is_not_understood_is_named(tmp_path: Path) -> None:
    started = StackUnderTest(tmp_path, CIVICLOOP_PORT_BASE="eighty").command("up", "--no-city")
    assert started.returncode == 1
    assert "CIVICLOOP_PORT_BASE: Input should be a valid integer" in started.stderr


def test_a_detached_start_that_fails_says_why(tmp_path: Path) -> None:
    nobody = f"127.0.0.1:{ports.free_block(1)}"
    other = StackUnderTest(tmp_path, CIVICLOOP_KAFKA_BOOTSTRAP=nobody)
    started = other.command("up", "--detach", "--no-city")
    assert started.returncode == 1
    assert nobody in started.stdout
    assert "CIVICLOOP_KAFKA_BOOTSTRAP" in started.stdout
    assert other.command("status").returncode == 1


def test_topics_and_databases_of_ones_own_servers_are_set_up_by_command(
    tmp_path: Path, kafka: EmbeddedKafka, fresh_database: Callable[[str], str]
) -> None:
    own = StackUnderTest(
        tmp_path, CIVICLOOP_KAFKA_BOOTSTRAP=kafka.bootstrap, CIVICLOOP_METRICS_DATABASE_URL=fresh_database("metrics")
    )
    assert "metrics: up to date" in own.command("migrate").stdout
    assert "topics made" in own.command("topics").stdout
    nothing = StackUnderTest(tmp_path).command("topics")
    assert nothing.returncode == 1
    assert "CIVICLOOP_KAFKA_BOOTSTRAP" in nothing.stderr


@pytest.fixture(scope="module")
def second(tmp_path_factory: pytest.TempPathFactory) -> Iterator[StackUnderTest]:
    other = StackUnderTest(tmp_path_factory.mktemp("second"))
    other.up()
    yield other
    other.down()


def test_two_stacks_run_side_by_side(stack: StackUnderTest, second: StackUnderTest) -> None:
    assert stack.status()["ready"]
    assert second.status()["ready"]
    assert stack.key() != second.key()


def test_a_killed_launcher_leaves_nothing_behind_and_hinders_no_start(second: StackUnderTest) -> None:
    key, processes = second.key(), second.processes()
    psutil.Process(second.launcher_pid()).kill()
    second.up()
    assert second.status()["ready"]
    assert not [process for process in processes.values() if lives(process["pid"])]
    assert second.key() == key


def test_down_stops_every_process_and_keeps_the_state(second: StackUnderTest) -> None:
    pids = [second.launcher_pid(), *(process["pid"] for process in second.processes().values())]
    assert second.command("down").returncode == 0
    assert not [pid for pid in pids if lives(pid)]
    assert second.command("status").returncode == 1
    assert second.state.operator_key.exists()


def test_a_configured_broker_and_databases_are_used_until_ctrl_c(
    tmp_path: Path, kafka: EmbeddedKafka, fresh_database: Callable[[str], str]
) -> None:
    databases = {f"CIVICLOOP_{name.upper()}_DATABASE_URL": fresh_database(name) for name in SERVICES}
    other = StackUnderTest(tmp_path, CIVICLOOP_KAFKA_BOOTSTRAP=kafka.bootstrap, **databases)
    launcher = other.in_foreground("up", "--no-city")
    other.wait_ready()
    processes = other.processes()
    assert set(processes) == PROCESSES
    launcher.send_signal(signal.SIGINT)
    launcher.communicate()
    assert launcher.returncode == 0
    assert not [process for process in processes.values() if lives(process["pid"])]
    assert kafka.ready()
