"""How much of the vocabulary differentiates: every operation that some engine differentiates, by category.

vocabulary.txt lists the operations that people use, one a line; the losses among them belong to `losses`. An entry
counts if the catalogue checks it (a sample row has its name, at first and second order, in both modes), if it is
piecewise constant and a row shows that nothing flows, or if it is no single call and a test of its own, named in
`ELSEWHERE`, shows it. Run `python tests/catalogue/vocabulary.py` for the count, with `--missing` for the names.
"""

from __future__ import annotations

import sys
from pathlib import Path

HERE = Path(__file__).parent
sys.path[:0] = [str(HERE.parent), str(HERE.parent.parent)]

from catalogue.pages import FLAT, SAMPLES  # noqa: E402

# Entries that are no single call of a function, and the test that shows each.
ELSEWHERE: dict[str, str] = {
    "stop_gradient": "test_transforms.py::test_stop_gradient_holds_constant_in_both_modes",
    "custom fixed_point": "test_implicit.py::test_second_order_agrees_in_all_mixes_of_modes",
    "custom_root (implicit diff)": "test_implicit.py::test_second_order_agrees_in_all_mixes_of_modes",
    "custom_linear_solve": "test_implicit.py::test_second_order_agrees_in_all_mixes_of_modes",
    "while_loop/cond/switch (structured control flow)": "test_recurrent.py::test_control_flow_of_python_differentiates",
}


def categories() -> dict[str, list[str]]:
    """The entries of vocabulary.txt under their headings."""
    found: dict[str, list[str]] = {}
    for line in (HERE / "vocabulary.txt").read_text().splitlines():
        if line.startswith("# "):
            entries = found.setdefault(line[2:], [])
        elif line:
            entries.append(line)
    return found


def covered() -> set[str]:
    return {sample.entry for sample in [*SAMPLES, *FLAT]} | ELSEWHERE.keys()


def main(arguments: list[str]) -> None:
    have, total, all_entries = covered(), 0, 0
    for category, entries in categories().items():
        missing = [entry for entry in entries if entry not in have]
        total, all_entries = total + len(entries) - len(missing), all_entries + len(entries)
        names = f"   missing: {', '.join(missing)}" if missing and "--missing" in arguments else ""
        print(f"{category:<20} {len(entries) - len(missing):>4} of {len(entries):>4}{names}")
    print(f"{'together':<20} {total:>4} of {all_entries:>4}")


if __name__ == "__main__":
    main(sys.argv[1:])
