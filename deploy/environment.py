"""Makes `.venv` from a hashed lock: python3 deploy/environment.py runtime|dev

Runs before anything is installed, on whatever Python 3 is at hand: only the standard library, and
no syntax that an old one would refuse before it can say that it is too old.
"""

import hashlib
import os
import shutil
import subprocess
import sys

ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
VENV = os.path.join(ROOT, ".venv")
VENV_PYTHON = os.path.join(VENV, "bin", "python")
OLDEST = (3, 11)


def main() -> None:
    version = sys.version.split()[0]
    if sys.version_info < OLDEST:
        fail(
            f"Python {OLDEST[0]}.{OLDEST[1]} or newer is needed, this is {version} ({sys.executable}).",
            "Install one, or name it: make up PYTHON=/path/to/python3.12",
        )
    name = sys.argv[1]
    if is_current(name):
        return
    make_venv(version)
    install(name)
    link_project()
    write(stamp(name), fingerprint(name))


def is_current(name: str) -> bool:
    try:
        with open(stamp(name)) as file:
            return file.read() == fingerprint(name) and os.path.exists(VENV_PYTHON)
    except OSError:
        return False


def make_venv(version: str) -> None:
    if has_pip():
        return
    shutil.rmtree(VENV, ignore_errors=True)  # a half-made one, or one whose Python is gone
    print(f"Making .venv with Python {version}", flush=True)
    made = run([sys.executable, "-m", "venv", VENV])
    if made.returncode:
        shutil.rmtree(VENV, ignore_errors=True)
        fail(
            f"Python's venv module does not work here:\n{made.stdout.strip()}",
            "On Debian and Ubuntu: apt install python3-venv",
        )


def install(name: str) -> None:
    print(f"Installing requirements/{name}.txt", flush=True)
    command = [VENV_PYTHON, "-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
    if subprocess.call([*command, "--only-binary", ":all:", "--require-hashes", "-r", lock(name)]):
        fail(
            f"The packages of requirements/{name}.txt could not be installed; pip's reason stands above.",
            "Check the network and pip's settings (pip config list), then run the same command again.",
        )


def link_project() -> None:
    """The packages are used where they stand: a build back end would be one more thing to install."""
    site = run([VENV_PYTHON, "-c", "import sysconfig; print(sysconfig.get_path('purelib'))"]).stdout.strip()
    write(os.path.join(site, "civicloop.pth"), ROOT + "\n")
    script = os.path.join(VENV, "bin", "civicloop")
    write(script, f'#!/bin/sh\nexec "{VENV_PYTHON}" -P -m services.cli "$@"\n')
    os.chmod(script, 0o755)


def has_pip() -> bool:
    return os.path.exists(VENV_PYTHON) and run([VENV_PYTHON, "-c", "import pip"]).returncode == 0


def run(command: "list[str]") -> "subprocess.CompletedProcess[str]":
    return subprocess.run(
        command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, universal_newlines=True, check=False
    )


def fingerprint(name: str) -> str:
    digest = hashlib.sha256(ROOT.encode())
    for path in (lock(name), os.path.abspath(__file__)):
        with open(path, "rb") as file:
            digest.update(file.read())
    return digest.hexdigest()


def lock(name: str) -> str:
    return os.path.join(ROOT, "requirements", name + ".txt")


def stamp(name: str) -> str:
    return os.path.join(VENV, "civicloop-" + name)


def write(path: str, text: str) -> None:
    with open(path, "w") as file:
        file.write(text)


def fail(reason: str, remedy: str) -> None:
    sys.exit(f"civicloop: {reason}\n{remedy}")


if __name__ == "__main__":
    main()
