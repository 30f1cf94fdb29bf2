"""A model that has been fitted: what it predicts, and its file of JSON, which is checked from end to end when read.

The file holds the columns by name, with their words and ranges, the classes, and the parameters in the units of the
data, so that it can be used without this library: a prediction of a linear model is the sum of the features times
their coefficients, plus the intercept.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from ..errors import DataError
from ..functions import sigmoid, softmax
from .choices import KINDS, MODELS, Kind
from .tables import Column, FloatArray

FORMAT = "tinygrad-edu model"
VERSION = 1


@dataclass(frozen=True, eq=False)
class Fitted:
    """A model with its parameters in the units of the data.

    Parameters
    ----------
    model : str
        linear, logistic, softmax, poisson or mlp.
    kind : str
        Of the target: numbers, counts, two (classes) or many.
    target : str
        Its column.
    columns : sequence of Column
        What the features are made of.
    layers : sequence of (weights, biases)
        One for a linear model: weights (p,) or (p, k), biases () or (k,). Several for a perceptron, with max(0, z)
        between them.
    classes : tuple of str
        Their names.
    has_probabilities : bool
        Whether the scores are those of probabilities.
    """

    model: str
    kind: Kind
    target: str
    columns: Sequence[Column]
    layers: Sequence[tuple[FloatArray, FloatArray]]
    classes: tuple[str, ...] = ()
    has_probabilities: bool = True
    about: Mapping[str, Any] = field(default_factory=dict)

    @property
    def features(self) -> tuple[str, ...]:
        """The names of the features, in the order of the weights."""
        return tuple(name for column in self.columns for name in column.features)

    def scores(self, features: FloatArray) -> FloatArray:
        """What the model computes before it becomes a prediction: (n,), or (n, k) for several classes."""
        z = features
        for weights, biases in self.layers[:-1]:
            z = np.maximum(z @ weights + biases, 0)
        weights, biases = self.layers[-1]
        return z @ weights + biases

    def predicted(self, features: FloatArray) -> FloatArray:
        """The number that is predicted for each row; for classes the number of the likeliest one."""
        scores = self.scores(features)
        if self.kind == "many":
            return scores.argmax(axis=1).astype(float)
        if self.kind == "two":
            return (scores > 0).astype(float)
        return np.exp(scores) if self.kind == "counts" else scores

    def probabilities(self, features: FloatArray) -> FloatArray:
        """The probability of every class, shape (n, k)."""
        scores = self.scores(features)
        if self.kind == "many":
            return np.asarray(softmax(scores, axis=-1))
        second = np.asarray(sigmoid(scores))
        return np.column_stack([1 - second, second])

    def content(self) -> dict[str, Any]:
        """What its file holds."""
        if self.model == "mlp":
            numbers: dict[str, Any] = {
                "activation": "relu",
                "layers": [{"weights": w.tolist(), "biases": b.tolist()} for w, b in self.layers],
            }
        else:
            weights, biases = self.layers[0]
            named = dict(zip(self.features, map(self._by_class, weights), strict=True))
            numbers = {"intercept": self._by_class(biases), "coefficients": named}
        return {
            "format": FORMAT,
            "version": VERSION,
            "model": self.model,
            "kind": self.kind,
            "target": self.target,
            "columns": [_described(column) for column in self.columns],
            **({"classes": list(self.classes), "probabilities": self.has_probabilities} if self.classes else {}),
            **numbers,
            **self.about,
        }

    def _by_class(self, values: FloatArray) -> Any:
        if self.kind != "many":
            return float(values)
        return dict(zip(self.classes, values.tolist(), strict=True))


def _described(column: Column) -> dict[str, Any]:
    if column.words:
        return {"name": column.name, "words": list(column.words)}
    return {"name": column.name, "lowest": column.lowest, "highest": column.highest}


# --- reading


def read_model(path: str) -> Fitted:
    """The model in a file.

    Raises
    ------
    DataError
        If there is no such file, or it is half written, something else, or inconsistent. The message names the place.
    """
    name = Path(path).name
    found = _json(Path(path))
    if not isinstance(found, dict) or found.get("format") != FORMAT:
        raise DataError(f"{name} is no model. Expected a file that `tinygrad-edu fit --output` has written")
    if found.get("version") != VERSION:
        raise DataError(f"{name} is a model of version {found.get('version')!r}. This program reads version {VERSION}")
    try:
        return _model(found)
    except KeyError as error:
        raise DataError(f"{name}: {error.args[0]!r} is missing. Was the file changed? Fit the model again") from None
    except (TypeError, ValueError, AttributeError) as error:
        raise DataError(f"{name}: {error}. Was the file changed? Fit the model again") from None


def _json(path: Path) -> Any:
    def refuse(word: str) -> Any:
        raise DataError(f"{path.name} holds {word}, which is no number to compute with. Fit the model again")

    try:
        return json.loads(path.read_text(encoding="utf-8"), parse_constant=refuse)
    except OSError as error:
        raise DataError(f"cannot read {path}: {error.strerror or error}. Expected a model of `fit --output`") from None
    except json.JSONDecodeError as error:
        raise DataError(
            f"{path.name}, line {error.lineno}: {error.msg}. Is this a model, written whole? Expected a file that "
            "`tinygrad-edu fit --output` has written"
        ) from None
    except (UnicodeDecodeError, RecursionError):
        raise DataError(f"{path.name} is no text of JSON. Expected a model of `fit --output`") from None


def _model(found: dict[str, Any]) -> Fitted:
    model, kind = found["model"], found["kind"]
    if model not in MODELS or kind not in KINDS:
        raise ValueError(f"there is no model {model!r} of {kind!r}")
    classes = tuple(map(str, found["classes"])) if kind in ("two", "many") else ()
    columns = [_column(entry) for entry in found["columns"]]
    features = [name for column in columns for name in column.features]
    outputs = (len(classes),) if kind == "many" else ()
    if model == "mlp":
        layers = [(_array(layer["weights"]), _array(layer["biases"])) for layer in found["layers"]]
    else:
        names = classes if kind == "many" else None
        numbers = found["coefficients"]
        if set(numbers) != set(features):
            raise ValueError(f"there are coefficients of {', '.join(numbers)}, and columns {', '.join(features)}")
        weights = [_by_class(numbers[feature], names) for feature in features]
        layers = [(_array(weights), _array(_by_class(found["intercept"], names)))]
    _check_layers(layers, len(features), outputs)
    if (kind == "two" and len(classes) != 2) or len(set(classes)) != len(classes):
        raise ValueError(f"the classes are {', '.join(classes)}")
    return Fitted(model, kind, str(found["target"]), columns, layers, classes, bool(found.get("probabilities", False)))


def _column(entry: dict[str, Any]) -> Column:
    if "words" in entry:
        return Column(str(entry["name"]), tuple(map(str, entry["words"])))
    return Column(str(entry["name"]), (), float(entry["lowest"]), float(entry["highest"]))


def _by_class(value: Any, classes: Sequence[str] | None) -> Any:
    return value if classes is None else [value[name] for name in classes]


def _array(values: Any) -> FloatArray:
    array = np.asarray(values)
    if array.dtype.kind not in "fiu" or not np.isfinite(array).all():
        raise ValueError("there is something else than numbers among the parameters")
    return array.astype(np.float64)


def _check_layers(layers: Sequence[tuple[FloatArray, FloatArray]], features: int, outputs: tuple[int, ...]) -> None:
    width: tuple[int, ...] = (features,)
    for weights, biases in layers:
        if weights.shape[:1] != width or biases.shape != weights.shape[1:]:
            raise ValueError(f"weights {weights.shape} and biases {biases.shape} do not fit {width} inputs")
        width = weights.shape[1:]
    if not layers or width != outputs:
        raise ValueError(f"the parameters give {width or 'one score'}, and the target needs {outputs or 'one score'}")
