"""Random programs, for properties that hold of all: a strategy, and the functions that it makes."""

import numpy as np
from hypothesis import strategies as st

# fmt: off
UNARY = {
    "sin": np.sin, "tanh": np.tanh, "exp": lambda x: np.exp(np.tanh(x)), "square": np.square, "negative": np.negative,
    "log1p": lambda x: np.log1p(x * x), "sqrt": lambda x: np.sqrt(1.0 + x * x), "arctan": np.arctan,
    "abs": lambda x: np.abs(x + 0.123), "power": lambda x: x ** 2, "cube": lambda x: x ** 3, "half": lambda x: x * 0.5,
    "one": lambda x: 1.0 * x - 0.0, "sum": lambda x: x - np.sum(x, axis=0), "mean": lambda x: x + np.mean(x),
    "rows": lambda x: x / (2.0 + np.sum(x * x, axis=-1, keepdims=True)),
    "max": lambda x: x - np.max(x, axis=-1, keepdims=True),
    "transposed": lambda x: (x.T @ x) @ x.T[:, :1] * np.ones(x.shape[1])[:, None] if x.ndim == 2 else x,
    "flip": lambda x: x[::-1] + x, "slices": lambda x: np.concatenate([x[1:] * x[:-1], x[:1]]),
    "padded": lambda x: x[1:] ** 2 - x[:-1], "index": lambda x: x[np.array([0, -1, 0])] * 0.3,
    "sorted": lambda x: np.sort(x, axis=0), "reshaped": lambda x: np.reshape(x, (-1,)) * 2.0,
    "ones": lambda x: np.ones_like(x) * 3.0 + x, "broadcast": lambda x: np.broadcast_to(np.sum(x), x.shape) * x,
    "single": lambda x: np.sin(x.astype(np.float32)).astype(np.float64), "cumsum": lambda x: np.cumsum(x, axis=0),
}
BINARY = {
    "add": np.add, "subtract": np.subtract, "multiply": np.multiply, "divide": lambda x, y: x / (2.0 + y * y),
    "maximum": lambda x, y: np.maximum(x, y + 0.01), "where": lambda x, y: np.where(x > y + 0.02, x, np.sin(y)),
    "logaddexp": np.logaddexp, "hypot": lambda x, y: np.hypot(x, y + 3.0), "masked": lambda x, y: x * (y > 0.1),
    "product": lambda x, y: np.sum(x * y) * x, "arctan2": lambda x, y: np.arctan2(x, 2.0 + y * y),
}
# fmt: on


@st.composite
def programs(draw, longest=12):
    """A function of two arrays that returns a number, its steps in words, and the arrays."""
    rows, columns = draw(st.integers(2, 4)), draw(st.integers(1, 3))
    shape = draw(st.sampled_from([(rows,), (rows, columns)]))
    steps = draw(
        st.lists(
            st.tuples(st.sampled_from([*UNARY, *BINARY]), st.integers(0, 50), st.integers(0, 50)),
            min_size=1,
            max_size=longest,
        )
    )
    random = np.random.default_rng(draw(st.integers(0, 10**6)))
    arrays = [random.normal(size=shape), random.normal(size=shape)]

    def f(x, y):
        values = [x, y]
        for name, i, j in steps:
            a, b = values[-1 - i % len(values)], values[-1 - j % len(values)]
            if name in UNARY:
                if a.shape[0] > 1:
                    values.append(UNARY[name](a))
            elif a.shape == b.shape:
                values.append(BINARY[name](a, b))
        return sum(np.mean(np.tanh(v)) for v in values[2:][-4:]) + np.sum(x * y)

    f.steps = steps
    return f, arrays
