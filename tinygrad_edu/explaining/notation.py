"""Mathematics from Python's syntax trees: LaTeX, and MathML, which browsers show without any script.

One walk over the tree, `Notation`, knows how strongly operators bind and which functions have a notation of their own;
its two children know how a fraction, a root, a bar is spelled. Names are x̄ for `x_bar`, and v₁ for `v1`.
"""

from __future__ import annotations

import ast
import re
from html import escape
from typing import Any

LETTERS = {
    "alpha": "α", "beta": "β", "gamma": "γ", "delta": "δ", "epsilon": "ε", "zeta": "ζ", "eta": "η", "theta": "θ",
    "iota": "ι", "kappa": "κ", "lambda": "λ", "mu": "μ", "nu": "ν", "xi": "ξ", "pi": "π", "rho": "ρ", "sigma": "σ",
    "tau": "τ", "phi": "φ", "chi": "χ", "psi": "ψ", "omega": "ω", "Gamma": "Γ", "Delta": "Δ", "Theta": "Θ",
    "Lambda": "Λ", "Xi": "Ξ", "Pi": "Π", "Sigma": "Σ", "Phi": "Φ", "Psi": "Ψ", "Omega": "Ω", "inf": "∞",
}  # fmt: skip
_NAMES = {letter: name for name, letter in LETTERS.items() if name != "inf"}
KNOWN = {"arcsin", "arccos", "arctan", "sin", "cos", "tan", "sinh", "cosh", "tanh", "log", "exp", "max", "min"}
COMPARED = {ast.Eq: "=", ast.NotEq: "≠", ast.Lt: "<", ast.LtE: "≤", ast.Gt: ">", ast.GtE: "≥"}
ATOM = 9


class Notation:
    """A walk over an expression; children say how things are spelled."""

    def written(self, node: ast.expr) -> str:
        """The expression in this notation."""
        return self._part(node)[0]

    def equation(self, name: str, node: ast.expr, sign: str = "=") -> str:
        """name = expression."""
        return "".join([self.name(name), self.operator(sign), self.bare(self.written(node))])

    def bare(self, text: str) -> str:
        """An expression that nothing needs to hold together."""
        return text

    # --- spelling: overridden ---------------------------------------------------------------------------------------

    def row(self, *parts: str) -> str:
        """Parts beside each other."""
        raise NotImplementedError

    def operator(self, sign: str) -> str:
        """An operator or a delimiter."""
        raise NotImplementedError

    def number(self, text: str) -> str:
        """A number."""
        raise NotImplementedError

    def letter(self, text: str) -> str:
        """A name without bar or index."""
        raise NotImplementedError

    def words(self, text: str) -> str:
        """The name of a function, upright."""
        raise NotImplementedError

    def over(self, kind: str, *parts: str) -> str:
        """A construction with its parts: fraction, root, power, index, bar, cases."""
        raise NotImplementedError

    # --- the walk ---------------------------------------------------------------------------------------------------

    def name(self, name: str) -> str:
        """A variable: x_bar with a bar, v12 with an index."""
        if name.endswith("_bar"):
            return self.over("bar", self.name(name[:-4]))
        match = re.fullmatch(r"([A-Za-z]+?)_?(\d+)", name)
        if match and (len(match[1]) == 1 or match[1] in LETTERS):
            return self.over("index", self.letter(match[1]), self.number(match[2]))
        return self.letter(name)

    def _in(self, node: ast.expr, strength: int) -> str:
        text, own = self._part(node)
        return text if own >= strength else self.row(self.operator("("), text, self.operator(")"))

    def _part(self, node: ast.expr) -> tuple[str, int]:
        method = getattr(self, f"_{type(node).__name__.lower()}", None)
        return method(node) if method else (self.words(ast.unparse(node)), ATOM)

    def _name(self, node: ast.Name) -> tuple[str, int]:
        return self.name(node.id), ATOM

    def _constant(self, node: ast.Constant) -> tuple[str, int]:
        v = node.value
        if isinstance(v, bool) or not isinstance(v, int | float | complex):
            return self.words(str(v)), ATOM
        if isinstance(v, complex):
            return self.row(self.number(f"{v.imag:.6g}"), self.letter("i")), 4
        text = str(int(v)) if v == v and abs(v) < 1e15 and float(v).is_integer() else f"{v:.6g}"
        if "e" in text:
            mantissa, exponent = text.split("e")
            power = self.over("power", self.number("10"), self.number(str(int(exponent))))
            return self.row(self.number(mantissa), self.operator("·"), power), 4
        return (self.row(self.operator("-"), self.number(text[1:])), 4) if text[0] == "-" else (self.number(text), ATOM)

    def _binop(self, node: ast.BinOp) -> tuple[str, int]:
        kind = type(node.op)
        if kind is ast.Div:
            return self.over("fraction", self.written(node.left), self.written(node.right)), 8
        if kind is ast.Pow:
            return self.over("power", self._in(node.left, ATOM), self.written(node.right)), 8
        if kind is ast.Mult:
            between = self.operator("·") if _begins_with_number(node.right) else self.operator(" ")
            return self.row(
                self._in(node.left, 4), between, self._in(node.right, 4 if _is_product(node.right) else 5)
            ), 4
        if kind is ast.MatMult:
            return self.row(self._in(node.left, 4), self.operator(" "), self._in(node.right, 5)), 4
        sign = {ast.Add: "+", ast.Sub: "-", ast.BitAnd: "∧", ast.BitOr: "∨", ast.Mod: "mod"}.get(kind, "//")
        strength = 3 if kind in (ast.Add, ast.Sub) else 1 if kind in (ast.BitAnd, ast.BitOr) else 4
        return self.row(
            self._in(node.left, strength), self.operator(sign), self._in(node.right, strength + 1)
        ), strength

    def _unaryop(self, node: ast.UnaryOp) -> tuple[str, int]:
        sign = {ast.USub: "-", ast.UAdd: "+"}.get(type(node.op), "¬")
        return self.row(self.operator(sign), self._in(node.operand, 4)), 4

    def _compare(self, node: ast.Compare) -> tuple[str, int]:
        parts = [self._in(node.left, 3)]
        for op, right in zip(node.ops, node.comparators, strict=True):
            parts += [self.operator(COMPARED.get(type(op), "?")), self._in(right, 3)]
        return self.row(*parts), 2

    def _tuple(self, node: ast.Tuple | ast.List) -> tuple[str, int]:
        return self._enclosed("(", node.elts, ")"), ATOM

    def _list(self, node: ast.List) -> tuple[str, int]:
        return self._enclosed("[", node.elts, "]"), ATOM

    def _enclosed(self, left: str, nodes: list[Any], right: str) -> str:
        parts = [p for i, n in enumerate(nodes) for p in ([self.operator(",")] if i else []) + [self.written(n)]]
        return self.row(self.operator(left), *parts, self.operator(right))

    def _subscript(self, node: ast.Subscript) -> tuple[str, int]:
        text = ast.unparse(node.slice)
        return self.over("index", self._in(node.value, ATOM), self.words(text)), ATOM

    def _attribute(self, node: ast.Attribute) -> tuple[str, int]:
        if node.attr == "T":
            return self.over("power", self._in(node.value, ATOM), self.words("T")), ATOM
        if isinstance(node.value, ast.Name) and node.value.id in ("np", "special", "linalg", "fft"):
            return self.letter(node.attr) if node.attr in LETTERS else self.words(node.attr), ATOM
        return self.row(self._in(node.value, ATOM), self.words(f".{node.attr}")), ATOM

    def _call(self, node: ast.Call) -> tuple[str, int]:
        name = ast.unparse(node.func).split(".")[-1]
        args = node.args
        if name == "where" and len(args) == 3:
            return self.over("cases", *map(self.written, (args[1], args[0], args[2]))), ATOM
        if name == "sqrt":
            return self.over("root", self.written(args[0])), ATOM
        if name in ("abs", "absolute", "fabs"):
            return self.row(self.operator("|"), self.written(args[0]), self.operator("|")), ATOM
        if name == "exp" and len(args) == 1:
            return self.over("power", self.letter("e"), self.written(args[0])), 8
        if name in ("conj", "conjugate"):
            return self.over("power", self._in(args[0], ATOM), self.operator("*")), ATOM
        if name == "inv":
            return self.over("power", self._in(args[0], ATOM), self.number("-1")), ATOM
        if name == "array" and len(args) == 1:
            return self.written(args[0]), ATOM
        if name == "sum" and len(args) == 1 and not node.keywords:
            return self.row(self.operator("∑"), self._in(args[0], 5)), 4
        owner = [node.func.value] if isinstance(node.func, ast.Attribute) and not _is_module(node.func.value) else []
        parts = [self.written(a) for a in [*owner, *args]]
        parts += [self.words(f"{k.arg}={ast.unparse(k.value)}") for k in node.keywords if k.arg]
        row = [p for i, part in enumerate(parts) for p in ([self.operator(",")] if i else []) + [part]]
        return self.row(self.words(name), self.operator("("), *row, self.operator(")")), ATOM


def _is_module(node: ast.expr) -> bool:
    return ast.unparse(node).split(".")[0] in ("np", "special", "linalg", "fft")


def _begins_with_number(node: ast.expr) -> bool:
    while isinstance(node, ast.BinOp):
        node = node.left
    return isinstance(node, ast.Constant)


_SIGNS = {"·": r" \cdot ", " ": r"\,", "≠": r" \neq ", "≤": r" \le ", "≥": r" \ge ", "∧": r" \wedge ",
             "∨": r" \vee ", "¬": r"\neg ", "mod": r" \bmod ", "(": r"\left(", ")": r"\right)", "[": r"\left[",
             "]": r"\right]", "∑": r"\sum ", "//": r" \div ", "?": "?", "+=": r" \mathrel{+}= "}  # fmt: skip


class Latex(Notation):
    """LaTeX's spelling."""

    def row(self, *parts: str) -> str:
        """Parts beside each other."""
        return "".join(parts)

    def operator(self, sign: str) -> str:
        """An operator or a delimiter."""
        return _SIGNS.get(sign, f" {sign} " if sign in "+=<>" else sign)

    def number(self, text: str) -> str:
        """A number."""
        return {"inf": r"\infty", "nan": r"\text{NaN}"}.get(text, text)

    def letter(self, text: str) -> str:
        """A name without bar or index."""
        if text in LETTERS and text.isascii():
            return r"\infty" if text == "inf" else f"\\{text} "
        if text in _NAMES:
            return f"\\{_NAMES[text]} "
        return text if len(text) == 1 else self.words(text)

    def words(self, text: str) -> str:
        """The name of a function, upright."""
        if text in KNOWN:
            return f"\\{text}"
        if text == "T":
            return r"\top"
        return (
            r"\mathrm{"
            + re.sub(r"([#$%&_{}])", r"\\\1", text.replace("\\", "/").replace("~", "-").replace("^", ""))
            + "}"
        )

    def over(self, kind: str, *parts: str) -> str:
        """A construction with its parts."""
        a, b, c = (*parts, "", "", "")[:3]
        return {
            "fraction": rf"\frac{{{a}}}{{{b}}}",
            "root": rf"\sqrt{{{a}}}",
            "power": f"{{{a}}}^{{{b}}}" if len(a) > 1 else f"{a}^{{{b}}}",
            "index": f"{a}_{{{b}}}",
            "bar": rf"\bar{{{a}}}" if len(a) < 8 else rf"\overline{{{a}}}",
            "cases": rf"\begin{{cases}} {a} & \text{{if }} {b} \\ {c} & \text{{otherwise}} \end{{cases}}",
        }[kind]


class MathML(Notation):
    """MathML's spelling: every name and number is escaped.

    A bar is a line above the letters, since browsers have no character that stretches: by a style of its own, or, on a
    page that has a style sheet and allows nothing else, by the class "o".
    """

    def __init__(self, styled: bool = True) -> None:
        self.line = ' style="border-top:.07em solid;padding-top:.08em"' if styled else ' class="o"'
        self.hidden = ' style="font-size:0"' if styled else ""

    def bare(self, text: str) -> str:
        """Without a row round it, which is all of the formula anyway."""
        inner = text[6:-7]
        whole = text.startswith("<mrow>") and text.endswith("</mrow>") and _is_balanced(inner)
        return inner if whole else text

    def row(self, *parts: str) -> str:
        """Parts beside each other."""
        return f"<mrow>{''.join(parts)}</mrow>" if len(parts) > 1 else parts[0]

    def operator(self, sign: str) -> str:
        """An operator or a delimiter; a product without a sign is invisible."""
        if sign == " ":
            return '<mo lspace=".17em">\u2062</mo>'
        return f"<mo>{escape('−' if sign == '-' else sign)}</mo>"

    def number(self, text: str) -> str:
        """A number."""
        return f"<mn>{escape(text.replace('-', '−').replace('inf', '∞'))}</mn>"

    def letter(self, text: str) -> str:
        """A name without bar or index."""
        return f"<mi>{escape(LETTERS.get(text, text))}</mi>"

    def words(self, text: str) -> str:
        """The name of a function, upright."""
        return f"<mi mathvariant='normal'>{escape(text)}</mi>" if len(text) == 1 else f"<mi>{escape(text)}</mi>"

    def over(self, kind: str, *parts: str) -> str:
        """A construction with its parts."""
        a, b, c = (*parts, "", "", "")[:3]
        if kind == "cases":
            rows = f"<mtr><mtd>{a}</mtd><mtd><mtext>if&#160;</mtext>{b}</mtd></mtr>"
            rows += f"<mtr><mtd>{c}</mtd><mtd><mtext>otherwise</mtext></mtd></mtr>"
            return f"<mrow><mo>{{</mo><mtable>{rows}</mtable></mrow>"
        if kind == "bar":
            letter = re.match(r"(<msub>)?(<mi>\w</mi>)(.*)", a)  # v̄₁ has its bar over the v alone
            before, under, after = letter.groups("") if letter else ("", a, "")
            return f"{before}<mover{self.line}>{under}<mo{self.hidden}>¯</mo></mover>{after}"
        tag = {"fraction": "mfrac", "root": "msqrt", "power": "msup", "index": "msub"}[kind]
        return f"<{tag}>{a}{b}</{tag}>"


def _is_balanced(text: str) -> bool:
    depth = 0
    for tag in re.findall(r"</?mrow>", text):
        depth += 1 if tag == "<mrow>" else -1
        if depth < 0:
            return False
    return depth == 0


def _is_product(node: ast.expr) -> bool:
    return isinstance(node, ast.BinOp) and isinstance(node.op, ast.Mult)
