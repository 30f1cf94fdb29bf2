"""Pictures of the record: what was computed from what, forward, and beside it backward.

A `Drawing` is made of boxes and arrows; `dot`, `svg`, `png` and `mermaid` spell it. DOT and Mermaid are plain text; for
pictures Graphviz does the layout (extra [graph], whose wheels bring it along).
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ..errors import MissingExtraError
from ..graph import Node
from .listing import formula_of, shown
from .recording import Recording, described, shape_of
from .telling import Telling

if TYPE_CHECKING:
    from .explanation import Explanation

REPEATED = 4  # blocks that repeat so often are drawn once


@dataclass(frozen=True)
class Box:
    """A box of the drawing: its name, and what is written in it line by line."""

    key: str
    lines: tuple[str, ...]
    kind: str  # source, line, result, gradient, repeated


@dataclass(frozen=True)
class Drawing:
    """Boxes and arrows.

    Attributes
    ----------
    boxes : list of Box
        In the order in which they were computed.
    arrows : list of (from, to, label)
        By the keys of the boxes.
    """

    title: str
    boxes: list[Box] = field(default_factory=list)
    arrows: list[tuple[str, str, str]] = field(default_factory=list)

    @property
    def dot(self) -> str:
        """The drawing in Graphviz's language."""
        rows = [f"digraph {_quoted(self.title)} {{", "  rankdir=TB; bgcolor=transparent; nodesep=0.3; ranksep=0.35;"]
        rows.append('  node [fontname="Helvetica,Arial,sans-serif" fontsize=11 style=filled margin="0.12,0.06"];')
        rows.append('  edge [fontname="Helvetica,Arial,sans-serif" fontsize=9 color="#666666" arrowsize=0.7];')
        sides = {"forward": [b for b in self.boxes if b.kind != "gradient"],
                 "backward": [b for b in self.boxes if b.kind == "gradient"]}  # fmt: skip
        for name, boxes in sides.items():
            if boxes and sides["backward"]:
                rows += [f"  subgraph cluster_{name} {{", f'    label="{name}"; color="#bbbbbb"; fontname="Helvetica";']
            rows += [f"    {b.key} [label={_quoted(chr(10).join(b.lines))} {_STYLES[b.kind]}];" for b in boxes]
            if boxes and sides["backward"]:
                rows.append("  }")
        rows += [f"  {a} -> {b}" + (f" [label={_quoted(label)}]" if label else "") + ";" for a, b, label in self.arrows]
        return "\n".join([*rows, "}"])

    def mermaid(self) -> str:
        """The drawing in Mermaid's language, for Markdown."""
        rows = ["flowchart TD"]
        for b in self.boxes:
            left, right = ("([", "])") if b.kind == "source" else ("[", "]")
            rows.append(f'  {b.key}{left}"{"<br>".join(map(_for_mermaid, b.lines))}"{right}')
        rows += [f'  {a} -->|"{_for_mermaid(t)}"| {b}' if t else f"  {a} --> {b}" for a, b, t in self.arrows]
        return "\n".join(rows)

    def svg(self) -> str:
        """A picture as SVG (extra [graph])."""
        text = _laid_out(self.dot, "svg").decode()
        return text[text.index("<svg") :]

    def png(self) -> bytes:
        """A picture as PNG (extra [graph])."""
        return _laid_out(self.dot, "png")

    def save(self, path: str | Path) -> None:
        """Write a file; its ending says what: .dot, .svg, .png, .md or .mmd."""
        target = Path(path)
        texts = {".dot": lambda: self.dot, ".svg": self.svg, ".mmd": self.mermaid,
                 ".md": lambda: f"```mermaid\n{self.mermaid()}\n```\n"}  # fmt: skip
        if target.suffix == ".png":
            target.write_bytes(self.png())
        elif target.suffix in texts:
            target.write_text(texts[target.suffix](), encoding="utf-8")
        else:
            raise ValueError(f"save: {target.name} ends in {target.suffix!r}. Expected .dot, .svg, .png, .md or .mmd")

    def __str__(self) -> str:
        return self.dot

    def _repr_svg_(self) -> str | None:
        """For notebooks: the picture, if Graphviz is there."""
        try:
            return self.svg()
        except MissingExtraError:
            return None


_STYLES = {
    "source": 'shape=ellipse fillcolor="#d9ead3" color="#38761d"',
    "line": 'shape=box fillcolor="#f3f3f3" color="#666666"',
    "result": 'shape=box fillcolor="#fff2cc" color="#bf9000" penwidth=2',
    "gradient": 'shape=box fillcolor="#d0e0f5" color="#2f5f9e"',
    "repeated": 'shape=box fillcolor="white" color="#999999" style="dashed"',
}


def picture_of(
    recording: Recording, telling: Telling, gradients: dict, ex: Explanation | None, collapse: bool = True
) -> Drawing:
    """Boxes and arrows for a record; with an explanation also for its backward pass."""
    drawing = Drawing(recording.title)
    nodes: list[Node] = [*recording.sources, *recording.lines]
    key = {node: f"n{i}" for i, node in enumerate(nodes)}
    hidden = _repetitions(recording) if collapse else {}
    for node in recording.sources:
        drawing.boxes.append(Box(key[node], _label(recording, telling, gradients, node), "source"))
    drawn: set[str] = set()
    for node in recording.lines:
        if node in hidden:
            key[node], words = hidden[node]
            if key[node] not in drawn:
                drawing.boxes.append(Box(key[node], (words,), "repeated"))
                drawn.add(key[node])
            continue
        kind = "result" if node is recording.root else "line"
        drawing.boxes.append(Box(key[node], _label(recording, telling, gradients, node), kind))
    arrows = [(key[p], key[node], "") for node in recording.lines for p in node.parents if p is not None and p in key]
    drawing.arrows.extend(dict.fromkeys(a for a in arrows if a[0] != a[1]))
    if ex is not None:
        _add_backward(drawing, ex, key)
    return drawing


def _add_backward(drawing: Drawing, ex: Explanation, key: dict[Node, str]) -> None:
    """The gradients, in the order in which they are computed, and what each step does."""
    by_name = {ex.recording.names[node]: k for node, k in key.items()}
    bar = {name: f"{k}_bar" for name, k in by_name.items()}
    shown_already: set[str] = set()
    for name in dict.fromkeys([ex.result, *(s.target for s in ex.steps)]):
        if bar[name] in shown_already:
            continue
        shown_already.add(bar[name])
        folded = by_name[name].startswith("r")
        lines = ("⋮",) if folded else (f"{ex.identifiers[name]}_bar", described(ex.gradients[name], 4))
        drawing.boxes.append(Box(bar[name], lines, "gradient"))
    arrows = [
        (bar[s.source], bar[s.target], "" if "r" in bar[s.source][0] else f" {formula_of(ex, s).split('= ', 1)[1]}")
        for s in ex.steps
        if s.kind not in ("broadcast", "real") and bar[s.source] != bar[s.target]
    ]
    kept: dict[tuple[str, str], list[str]] = {}
    for a, b, label in arrows:
        kept.setdefault((a, b), []).append(label)
    drawing.arrows.extend((a, b, " +".join(dict.fromkeys(labels[:2]))) for (a, b), labels in kept.items())


def _label(recording: Recording, telling: Telling, gradients: dict, node: Node) -> tuple[str, ...]:
    """What stands in a box: how it was computed, its value, its gradient, its shape, its line of source."""
    name, value = recording.names[node], node.value
    lines = [name if node.op is None or node not in telling.lines else f"{name} = {shown(telling.lines[node].code)}"]
    lines.append(described(value, 4))
    if name in gradients:
        lines.append(f"grad {described(gradients[name], 4)}")
    dtype = getattr(value, "dtype", type(value).__name__)
    lines.append(f"{shape_of(value)} {dtype}" if shape_of(value) else f"{dtype}")
    place = recording.places.get(node)
    if place is not None and place.function != "<lambda>" and place.text:
        lines.append(f"line {place.line}: {place.text}")
    return tuple(line if len(line) <= 60 else line[:57] + "..." for line in lines)


def _repetitions(recording: Recording) -> dict[Node, tuple[str, str]]:
    """Lines that repeat those before them: for each the box that stands for it, and what is written there."""
    lines = recording.lines
    marks = [(n.op, recording.places.get(n), shape_of(n.value), len(n.parents)) for n in lines]
    found: dict[Node, tuple[str, str]] = {}
    i = 0
    while i < len(lines):
        period, times = _run_at(marks, i)
        if times >= REPEATED:
            middle = lines[i + period : i + period * (times - 1)]
            many = f"{period} lines" if period > 1 else "line"
            found |= dict.fromkeys(middle, (f"r{i}", f"⋮ the same {many}, {times - 2} times more ⋮"))
            i += period * times
        else:
            i += 1
    return found


def _run_at(marks: Sequence[Any], i: int, longest: int = 60) -> tuple[int, int]:
    """The period from here on that covers most lines, and how often it repeats."""
    best = (1, 1)
    for period in range(1, min(longest, (len(marks) - i) // REPEATED) + 1):
        times = 1
        block = marks[i : i + period]
        while marks[i + period * times : i + period * (times + 1)] == block:
            times += 1
        if times >= REPEATED and period * times > best[0] * best[1]:
            best = (period, times)
    return best


def _quoted(text: str) -> str:
    """A string of DOT: quotes and backslashes are escaped, so that no name can leave it."""
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n") + '"'


def _for_mermaid(text: str) -> str:
    named: Iterable[tuple[str, str]] = [("#", "#35;"), ('"', "#quot;"), ("<", "#lt;"), (">", "#gt;"), ("&", "#amp;")]
    for character, name in named:
        text = text.replace(character, name)
    return text.replace("`", "#96;").replace("\n", " ")


def _laid_out(dot: str, kind: str) -> bytes:
    """Graphviz's picture; the door of the extra [graph]."""
    try:
        import pygraphviz
    except ImportError:
        raise MissingExtraError(
            'pictures need Graphviz: pip install "tinygrad-edu[graph]"; .dot and .mermaid() are text and need nothing'
        ) from None
    return pygraphviz.AGraph(string=dot).draw(format=kind, prog="dot")
