"""The rules behind the launcher: what is fetched, what is kept of a log, how often something is tried."""

import os
import subprocess
import sys
import time
from pathlib import Path

import pytest

from deploy.local import jars
from deploy.local.children import LOG_BYTES, Child, Command, bound_log
from deploy.local.errors import PartError
from deploy.local.part import Part
from deploy.local.supervisor import Supervisor
from tests.support import ROOT


def test_jars_that_cannot_be_had_are_named_with_the_setting_that_does_without(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CIVICLOOP_CACHE", str(tmp_path))
    for name in ("HTTPS_PROXY", "https_proxy", "ALL_PROXY"):
        monkeypatch.setenv(name, "http://127.0.0.1:9")
    monkeypatch.setenv("NO_PROXY", "")
    with pytest.raises(PartError) as error:
        jars.class_path()
    assert error.value.part == "kafka"
    assert jars.locked()[0].coordinate in error.value.reason
    assert "CIVICLOOP_KAFKA_BOOTSTRAP" in error.value.remedy


def test_the_cache_has_a_place_without_a_home(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("CIVICLOOP_CACHE", "XDG_CACHE_HOME", "HOME"):
        monkeypatch.delenv(name, raising=False)
    assert jars.cache_folder().is_absolute()
    monkeypatch.setenv("HOME", "")
    assert jars.cache_folder().is_absolute()


def test_a_log_keeps_its_newest_part_while_its_writer_goes_on(tmp_path: Path) -> None:
    log = tmp_path / "part.log"
    with log.open("ab", buffering=0) as writer:
        writer.write(b"old" + b"." * LOG_BYTES + b"newest")
        bound_log(log)
        writer.write(b"next")
    assert log.read_bytes() == b"next"
    earlier = (tmp_path / "part.log.1").read_bytes()
    assert len(earlier) == LOG_BYTES
    assert earlier.endswith(b"newest")


class Failing(Part):
    """Ends as soon as it is started."""

    name = "failing"
    port = None

    def __init__(self, folder: Path) -> None:
        self.log = folder / "failing.log"

    def launch(self) -> Child:
        line = ["/bin/sh", "-c", "echo no luck; exit 3"]
        self.child = Child(Command(self.name, line, self.log, dict(os.environ)))
        return self.child

    def ready(self) -> bool:
        return False


def test_what_keeps_ending_is_tried_at_once_and_then_less_often(tmp_path: Path) -> None:
    said: list[str] = []
    supervisor = Supervisor(said.append, lambda: None)
    part = Failing(tmp_path)
    part.launch()
    supervisor.watch(part)
    while len(said) < 3:
        supervisor.tick()
        time.sleep(0.01)
    assert "failing ended with status 3; starting it again (log:" in said[0]
    assert "in 0.5 s" in said[1]
    assert "in 1.0 s" in said[2]


def test_a_part_that_ends_before_it_is_ready_gives_its_last_words(tmp_path: Path) -> None:
    with pytest.raises(PartError, match="failing: ended with status 3; its last lines:\n  no luck"):
        Failing(tmp_path).start()


def test_a_child_ends_with_the_process_that_started_it(tmp_path: Path) -> None:
    script = (
        "import os; from pathlib import Path; from deploy.local.children import Child, Command\n"
        f"child = Child(Command('sleeper', ['sleep', '600'], Path({str(tmp_path / 'log')!r}), dict(os.environ)))\n"
        "print(child.pid, flush=True); os.kill(os.getpid(), 9)"
    )
    parent = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=False)
    pid = int(parent.stdout)
    deadline = time.monotonic() + 10
    while Path(f"/proc/{pid}").exists() and "zombie" not in Path(f"/proc/{pid}/status").read_text():
        assert time.monotonic() < deadline
        time.sleep(0.01)


def test_a_python_that_is_too_old_is_told_so() -> None:
    pretend = (
        "import runpy, sys; sys.version_info = (3, 9, 2); sys.argv = ['environment.py', 'runtime']\n"
        f"runpy.run_path({str(ROOT / 'deploy' / 'environment.py')!r}, run_name='__main__')"
    )
    told = subprocess.run([sys.executable, "-c", pretend], capture_output=True, text=True, check=False)
    assert told.returncode == 1
    assert "Python 3.11 or newer is needed" in told.stderr
    assert "make up PYTHON=" in told.stderr


def test_make_without_any_python_says_what_is_missing() -> None:
    made = subprocess.run(["make", "up", "PYTHON="], cwd=ROOT, capture_output=True, text=True, check=False)
    assert made.returncode != 0
    assert "no Python 3.11 or newer was found" in made.stderr
