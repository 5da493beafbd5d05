"""What is left out of the process can be named and never used."""

from __future__ import annotations

import subprocess
import sys

import pytest

from botwijzer.serving.absent import NEVER_USED
from botwijzer.settings import ROOT

LEFT_OUT = "from botwijzer.serving.absent import leave_out; leave_out()"


def ended(code: str) -> subprocess.CompletedProcess[str]:
    """What becomes of a Python process of its own that leaves things out and then does this."""
    command = [sys.executable, "-W", "ignore", "-c", f"{LEFT_OUT}\n{code}"]
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)


@pytest.mark.parametrize(
    "code",
    [
        "import tensorflow as tf",
        "from tensorflow.keras.layers import Dense",
        "import tensorflow as tf\nclass Layer(tf.keras.layers.Layer): pass",
        "import tensorflow as tf\ndef f(x: tf.Tensor) -> tf.data.Dataset: ...",
        "import google.oauth2.id_token",
    ],
)
def test_it_can_be_imported_named_and_inherited_from(code: str) -> None:
    assert ended(code).returncode == 0


@pytest.mark.parametrize("code", ["tf.zeros(3)", "tf.keras.layers.Dense(4)", "tf.data.Dataset.range(3)"])
def test_using_it_is_an_error_that_says_so(code: str) -> None:
    failed = ended(f"import tensorflow as tf\n{code}")

    assert failed.returncode == 1
    assert "is left out of this process" in failed.stderr


def test_the_server_comes_without_it() -> None:
    code = "import sys, botwijzer.serving.server\nprint(*(name for name in sys.modules if '.python' in name))"

    done = ended(f"{code}\nassert not hasattr(sys.modules['tensorflow'], '__version__')")

    assert (done.returncode, "tensorflow" in done.stdout) == (0, False)


def test_the_command_that_stays_beside_the_server_loads_nothing_of_what_serves() -> None:
    code = "import sys, botwijzer.cli\nprint({'spacy', 'sklearn', 'numpy', 'tensorflow', 'sanic'} & set(sys.modules))"
    done = subprocess.run([sys.executable, "-W", "ignore", "-c", code], cwd=ROOT, capture_output=True, text=True)

    assert done.stdout.strip() == "set()", done.stderr


def test_nothing_that_the_project_asks_for_itself_is_left_out() -> None:
    asked = (ROOT / "requirements.in").read_text("utf-8")

    assert not [
        name for name in NEVER_USED if f"\n{name}" in asked and not name.startswith(("tensorflow", "matplotlib"))
    ]
