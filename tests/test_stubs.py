"""Packages that Rasa imports and that are not installed: importing them works, using them is an error that says so."""

from __future__ import annotations

import subprocess
import sys

import pytest

from botwijzer.serving.__main__ import NOT_SERVED
from botwijzer.settings import ROOT
from rasa_stubs import NOT_INSTALLED


def ended(code: str) -> subprocess.CompletedProcess[str]:
    """Runs code in a Python process of its own."""
    command = [sys.executable, "-W", "ignore", "-c", code]
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)


@pytest.mark.parametrize(
    "code",
    [
        "import tensorflow as tf",
        "from tensorflow.keras.layers import Dense",
        "import tensorflow as tf\nclass Layer(tf.keras.layers.Layer): pass",
        "import tensorflow as tf\ndef f(x: tf.Tensor) -> tf.data.Dataset: ...",
        "import google.oauth2.id_token",
        "import rasa.core.channels, rasa.core.policies.ted_policy, rasa.nlu.classifiers.diet_classifier",
    ],
)
def test_a_stub_can_be_imported_named_and_inherited_from(code: str) -> None:
    done = ended(code)

    assert done.returncode == 0, done.stderr


@pytest.mark.parametrize("code", ["tf.zeros(3)", "tf.keras.layers.Dense(4)", "tf.data.Dataset.range(3)"])
def test_using_a_stub_is_an_error_that_says_so(code: str) -> None:
    failed = ended(f"import tensorflow as tf\n{code}")

    assert failed.returncode == 1
    assert "is a stub: its package is not installed" in failed.stderr


def test_a_package_that_is_installed_is_not_stubbed_unless_asked() -> None:
    asked = "import rasa_stubs; rasa_stubs.leave_out(['numpy'])"

    assert ended("import numpy; numpy.zeros(3)").returncode == 0
    assert "is a stub" in ended(f"{asked}\nimport numpy; numpy.zeros(3)").stderr


def test_the_server_loads_nothing_that_it_does_not_use() -> None:
    names = (*NOT_INSTALLED, *NOT_SERVED)
    code = f"""
import sys, rasa_stubs
rasa_stubs.leave_out({NOT_SERVED})
import botwijzer.serving.server
print(*(name for name in {names} if getattr(sys.modules.get(name), "__file__", None)))
"""
    done = ended(code)

    assert (done.returncode, done.stdout.strip()) == (0, ""), done.stderr


def test_the_command_that_stays_beside_the_server_loads_nothing_of_what_serves() -> None:
    done = ended("import sys, botwijzer.cli\nprint({'spacy', 'sklearn', 'numpy', 'sanic'} & set(sys.modules))")

    assert done.stdout.strip() == "set()", done.stderr
