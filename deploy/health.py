"""Whether a part of Botwijzer answers, as an exit code; what a container's health check runs.

`python deploy/health.py` asks the visitors' process, `python deploy/health.py 5055 /health` the action server.
"""

from __future__ import annotations

import http.client
import os
import sys

PATIENCE_SECONDS = 5


def is_healthy(port: int, path: str) -> bool:
    """Whether what listens on this port of this machine answers 200 there."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=PATIENCE_SECONDS)
    try:
        connection.request("GET", path)
        return connection.getresponse().status == 200
    except (OSError, http.client.HTTPException):
        return False
    finally:
        connection.close()


if __name__ == "__main__":
    asked = sys.argv[1:] or [os.environ.get("BOTWIJZER_PORT", "5005"), "/webhooks/web/health"]
    sys.exit(0 if is_healthy(int(asked[0]), asked[1]) else 1)
