"""The bug zoo: every specimen is wrong on its example, the checker finds it, and the engine it comes from is right."""

import inspect
import runpy
from pathlib import Path

import numpy as np
import pytest

import tinygrad_edu as tg
from tinygrad_edu.checking import check_gradient
from tinygrad_edu.zoo import SPECIMENS, Value

ENGINE = Path(tg.__file__).parent / "zoo" / "engine.py"
EACH = pytest.mark.parametrize("specimen", SPECIMENS, ids=lambda s: s.name)


def test_there_is_a_specimen_of_every_mistake():
    assert len(SPECIMENS) == len({s.engine for s in SPECIMENS}) == 8


@EACH
def test_the_checker_finds_it(specimen):
    assert specimen.found()


@EACH
def test_the_right_engine_passes_on_the_same_example(specimen):
    def gradient(*args):
        found = specimen.gradient(*args, engine=Value)
        return found if len(args) > 1 else found[0]

    report = check_gradient(specimen.value, specimen.at, gradient)
    assert report.ok, str(report)


@EACH
def test_its_numbers_are_wrong_and_told(specimen):
    told = str(specimen)
    assert "right is" in told and specimen.cure in told
    right = specimen.gradient(*specimen.at, engine=Value)
    if specimen.name == "recursion":
        with pytest.raises(RecursionError):
            specimen.gradient(*specimen.at)
        return
    wrong = specimen.gradient(*specimen.at)
    assert any(np.shape(w) != np.shape(r) or not np.allclose(w, r) for w, r in zip(wrong, right, strict=True))


def test_a_mistake_is_in_a_few_lines():
    for specimen in SPECIMENS:
        assert issubclass(specimen.engine, Value)
        assert len(inspect.getsource(specimen.engine).splitlines()) <= 40


def test_the_page_tells_what_the_checker_says():
    """If this fails: python docs/zoo_page.py"""
    docs = Path(tg.__file__).parent.parent / "docs"
    page = (docs / "zoo.md").read_text(encoding="utf-8")
    assert runpy.run_path(str(docs / "zoo_page.py"))["page"]() == page
    assert all(f"## {specimen.name[0].upper()}{specimen.name[1:]}\n" in page for specimen in SPECIMENS)
