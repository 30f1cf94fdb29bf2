"""Drawings of the record: boxes and arrows, and how they are spelled."""

import subprocess
import sys
from pathlib import Path
from xml.etree import ElementTree

import numpy as np
import pytest

import tinygrad_edu as tg
from tinygrad_edu.errors import GradientError
from tinygrad_edu.explaining import explain, graph

ROOT = Path(__file__).resolve().parent.parent
EVIL = '"]; n9 [label="</script><img src=x onerror=alert(1)>'


def wave(x, y):
    return np.exp(2 * y) * np.sin(x)


def looped(x, w):
    for _ in range(20):
        x = np.tanh(w * x + 0.1)
    return np.sum(x)


def test_boxes_hold_operation_value_gradient_type_and_line():
    drawing = graph(wave, 0.0, 1.0)
    last = drawing.boxes[-1]
    assert last.kind == "result"
    assert last.lines[:4] == ("wave = v2 * v3", "0", "grad 1", "float64")
    assert last.lines[4].endswith("return np.exp(2 * y) * np.sin(x)")
    assert drawing.arrows == [("n1", "n2", ""), ("n2", "n3", ""), ("n0", "n4", ""), ("n3", "n5", ""), ("n4", "n5", "")]


def test_the_backward_pass_is_drawn_beside():
    dot = graph(wave, 0.0, 1.0, backward=True).dot
    assert "subgraph cluster_forward" in dot and "subgraph cluster_backward" in dot
    assert 'n4_bar -> n0_bar [label=" v3_bar * cos(x)"]' in dot


def test_the_body_of_a_loop_is_drawn_once():
    drawing = graph(looped, np.ones(3), 0.5)
    assert len(drawing.boxes) == 10
    assert ("⋮ the same 3 lines, 18 times more ⋮",) in [box.lines for box in drawing.boxes]
    assert len(graph(looped, np.ones(3), 0.5, collapse=False).boxes) == 63


def test_what_is_computed_already_is_drawn_and_so_is_the_graph_of_a_gradient():
    x = tg.Tensor(2.0, requires_grad=True)
    y = x**3
    assert [box.lines[0] for box in graph(y).boxes] == ["x", "y = x ** 3"]
    y.backward(create_graph=True)
    slope = x.grad
    names = [box.lines[0] for box in graph(slope).boxes]
    assert names[0] == "x" and any("x ** 2" in name for name in names)


def test_an_array_is_drawn_without_a_gradient():
    x = tg.Tensor([1.0, 2.0], requires_grad=True)
    assert not any("grad" in line for box in graph(np.sin(x)).boxes for line in box.lines)


def test_pictures_are_made_by_graphviz(tmp_path):
    drawing = graph(wave, 0.0, 1.0, backward=True)
    ElementTree.fromstring(drawing.svg())
    assert drawing.png().startswith(b"\x89PNG")
    for ending in (".dot", ".svg", ".png", ".md", ".mmd"):
        drawing.save(tmp_path / f"wave{ending}")
        assert (tmp_path / f"wave{ending}").stat().st_size > 200
    with pytest.raises(ValueError, match=r"Expected \.dot"):
        drawing.save(tmp_path / "wave.gif")
    assert explain(wave, 0.0, 1.0)._repr_svg_().startswith("<svg")


def test_no_name_leaves_its_quotes():
    x = tg.Tensor(1.0, requires_grad=True, name=EVIL)
    drawing = graph(np.sin(x))
    picture = ElementTree.fromstring(drawing.svg())
    assert len([e for e in picture.iter() if e.tag.endswith("g") and e.get("class") == "node"]) == 2
    assert "<img" not in drawing.svg() and "<img" not in drawing.mermaid()
    assert '\\"]; n9' in drawing.dot


def test_without_graphviz_the_texts_are_there_and_pictures_say_what_is_missing():
    program = """
import sys; sys.modules["pygraphviz"] = None
import numpy as np, tinygrad_edu as tg
drawing = tg.graph(np.sin(tg.Tensor(1.0, requires_grad=True)))
print(drawing.dot[:7], drawing._repr_svg_())
try: drawing.svg()
except tg.errors.MissingExtraError as error: print(error)
"""
    found = subprocess.run([sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True, check=True).stdout
    assert found.startswith('digraph None\npictures need Graphviz: pip install "tinygrad-edu[graph]"')


def test_the_function_graph_hides_no_module():
    program = """
import tinygrad_edu as tg, sys
from tinygrad_edu.graph import Node
print(callable(tg.graph), sys.modules["tinygrad_edu.graph"].Node is tg.Node is Node)
"""
    found = subprocess.run([sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True, check=True).stdout
    assert found == "True True\n"


def test_a_backward_pass_that_cannot_be_drawn_says_why():
    x = tg.Tensor([1.0, 2.0], requires_grad=True)
    with pytest.raises(GradientError, match=r"no one backward pass of a result of shape \(2,\)"):
        graph(np.sin(x), backward=True)
    with pytest.raises(GradientError, match="the result is the argument itself"):
        graph(lambda x: x, 1.0, backward=True)
