"""The table of attacks, from what the test processes have counted."""

from __future__ import annotations

from pathlib import Path

from tests.attack.target import Tally
from tools.attacks import table, tallies


def count(path: Path, kind: str, survived: int, lost: int) -> Tally:
    """A test process that was attacked so often."""
    tally = Tally(path)
    for number in range(survived + lost):
        try:
            with tally.attack(kind):
                assert number < survived
        except AssertionError:
            continue
    tally.write()
    return tally


def test_what_several_processes_have_counted_is_added_up(tmp_path: Path) -> None:
    count(tmp_path / "gw0.json", "HTTP: heads", 3, 1)
    count(tmp_path / "gw1.json", "HTTP: heads", 2, 0)
    last = count(tmp_path / "all.json", "weight: 10 MB", 1, 0)
    last.measured["flood: p95"] = [12.5, 13]
    last.write()
    (tmp_path / "gw2.json").write_text('{"attacks": {"HTTP: he', "utf-8")  # being written just now

    counts, measured = tallies(tmp_path)

    assert counts == {
        "HTTP: heads": {"tried": 6, "survived": 5},
        "weight: 10 MB": {"tried": 1, "survived": 1},
    }
    assert table(counts, measured) == (
        "| attack | tried | survived | lost |\n"
        "|---|---|---|---|\n"
        "| HTTP: heads | 6 | 5 | 1 |\n"
        "| weight: 10 MB | 1 | 1 | 0 |\n"
        "\n"
        "- flood: p95: [12.5, 13]\n"
    )


def test_without_a_file_nothing_is_written(tmp_path: Path) -> None:
    tally = Tally()
    with tally.attack("HTTP: heads"):
        pass
    tally.write()

    assert tally.survived == {"HTTP: heads": 1}
    assert list(tmp_path.iterdir()) == []
