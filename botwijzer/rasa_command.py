"""The command `rasa` of this environment: Rasa's own, able to run on this platform (docs/rasa.md).

Rasa's server expects Sanic 21.12, which runs in one process unless it is told otherwise; today's Sanic has to be told.
Rasa also expects an action server beside it; here the actions run in the same process.
"""

from __future__ import annotations

import functools
import os
import sys

from actions.constants import INTENTS_SET_BY_CODE

QUIET = {
    "RASA_TELEMETRY_ENABLED": "false",  # nothing is sent to third parties unless somebody asks for it
    "SQLALCHEMY_SILENCE_UBER_WARNING": "1",
    "LOG_LEVEL_LIBRARIES": "ERROR",
    "SANIC_DEPRECATION_FILTER": "ignore",
}
MEANT_WARNINGS = (
    (DeprecationWarning, ""),  # of libraries that Rasa pins
    # `botwijzer/` and `actions/` name responses, and set intents that nobody types; tools/check_data.py checks both
    (UserWarning, "The utterance '.*' is not used in any story or rule"),
    (UserWarning, f"The intent '({'|'.join(INTENTS_SET_BY_CODE)})' is listed in the domain file"),
)
"""Categories and messages (regular expressions) of warnings that say nothing new to a developer."""

SERVING = frozenset({"run", "shell", "interactive", "x"})
"""Commands that need the database of conversations."""


def main() -> None:
    """Runs Rasa's command line with the words of this one."""
    for name, value in QUIET.items():
        os.environ.setdefault(name, value)
    prepare()
    if SERVING & set(sys.argv[1:2]) and sys.argv[1:] != ["shell", "nlu"]:
        migrate_database()
    from rasa.__main__ import main as rasa_main

    rasa_main()


def prepare() -> None:
    """Lets Rasa's own server run on this Sanic, with the actions in its process."""
    from rasa.utils.common import EXPECTED_WARNINGS
    from sanic import Sanic, response

    from botwijzer.serving.acting import run_actions_here

    EXPECTED_WARNINGS.extend(MEANT_WARNINGS)
    Sanic.run = functools.partialmethod(Sanic.run, single_process=True)  # type: ignore[method-assign, assignment]
    response.stream = response.ResponseStream  # type: ignore[attr-defined]  # its name since Sanic 23.3; `rasa shell` streams the answers
    run_actions_here()


def migrate_database() -> None:
    """Makes the tables that the tracker store of endpoints.yml needs."""
    from botwijzer.database import migrate
    from botwijzer.settings import settings

    migrate(settings().database_url)
