"""The benchmarks run, their gradients agree, and their harness would notice if one did not."""

import json
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from benchmarks import __main__ as command
from benchmarks import harness
from benchmarks.harness import HAND, OURS, SMOKE, Contestant, Figure

ROOT = Path(__file__).resolve().parent.parent


def test_the_smoke_form_runs_every_workload_and_writes_its_figures(tmp_path):
    target = tmp_path / "figures.json"
    command = [sys.executable, "-W", "error", "-m", "benchmarks", "--smoke", "--json", str(target)]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    assert "every gradient agrees" in done.stdout
    workloads = {figure["workload"] for figure in json.loads(target.read_text())["figures"]}
    assert {"operations", "import"} < workloads


def test_a_wrong_gradient_ends_the_run():
    wrong = {HAND: Contestant(lambda: [np.ones(3)]), OURS: Contestant(lambda: [np.array([1.0, 1.0, 1.0001])])}
    with pytest.raises(harness.WrongGradientError, match="the gradient of ours is not the hand-written one"):
        harness.race("a row", wrong, SMOKE)


def test_a_missing_gradient_ends_the_run():
    wrong = {HAND: Contestant(lambda: [np.ones(3), 1.0]), OURS: Contestant(lambda: [np.ones(3)])}
    with pytest.raises(harness.WrongGradientError):
        harness.race("a row", wrong, SMOKE)


def test_contestants_take_turns_in_a_rotating_order():
    turns: list[str] = []
    both = {who: Contestant(lambda who=who: turns.append(who) or [1.0]) for who in (HAND, OURS)}
    harness.race("turns", both, harness.Effort(rounds=2, seconds=0.0))
    assert turns[-8:] == [HAND, HAND, OURS, OURS, OURS, OURS, HAND, HAND]  # each time one run to warm up


def test_a_figure_is_met_up_to_its_bar_and_missed_beyond_it():
    assert [Figure("w", "what", value, "x", 0.6).verdict for value in (0.6, 0.61)] == ["met", "missed"]
    assert Figure("w", "what", 3.0, "x").verdict == ""


def test_the_readme_gets_a_new_table_in_the_place_of_the_old():
    page = "before\n<!-- benchmarks -->\nold\n<!-- end of benchmarks -->\nafter\n"
    table = harness.markdown([Figure("w", "ours / theirs", 0.512, "x", 0.6)])
    assert command.between_marks(page, table).splitlines()[2:5] == [
        "| | measured | at most |",
        "|---|---|---|",
        "| w: ours / theirs | 0.512 x | 0.6 x |",
    ]


def test_a_page_without_marks_is_refused():
    with pytest.raises(SystemExit, match="<!-- benchmarks -->"):
        command.between_marks("no table here", "")
