"""The guard against silent skips, tried on small test files of its own, in fresh processes."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

CONFTEST = Path(__file__).with_name("conftest.py").read_text()
SKIPPED = {
    "in a test": "import pytest\ndef test_one(): pytest.skip('no such extra')\n",
    "by a mark": "import pytest\n@pytest.mark.skip(reason='no such extra')\ndef test_one(): pass\n",
    "in a module": "import pytest\npytest.skip('no such extra', allow_module_level=True)\n",
}
EXPECTED_FAILURE = "import pytest\n@pytest.mark.xfail\ndef test_one(): assert False\n"


def outcome(folder: Path, source: str, ci: str) -> tuple[int, str]:
    """The exit code and the output of pytest on one file, with `CI` set to `ci`."""
    (folder / "conftest.py").write_text(CONFTEST)
    (folder / "test_it.py").write_text(source)
    environment = {**os.environ, "CI": ci, "PYTEST_ADDOPTS": ""}
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "--rootdir", str(folder), str(folder)]
    done = subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True)
    return done.returncode, done.stdout


@pytest.mark.parametrize("where", SKIPPED)
def test_a_skip_fails_in_ci_and_says_why(tmp_path, where):
    code, output = outcome(tmp_path, SKIPPED[where], ci="true")
    assert code != 0
    assert "although CI=true" in output
    assert "no such extra" in output


def test_a_skip_passes_elsewhere(tmp_path):
    assert outcome(tmp_path, SKIPPED["in a test"], ci="")[0] == 0


def test_an_expected_failure_stays_one_in_ci(tmp_path):
    assert outcome(tmp_path, EXPECTED_FAILURE, ci="true")[0] == 0
