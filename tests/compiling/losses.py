"""Functions to compile: each with arguments, of the kinds that people write."""

import numpy as np

from tinygrad_edu import functions
from tinygrad_edu.trees import tree_map

RANDOM = np.random.default_rng(0)
X, LABELS = RANDOM.normal(size=(40, 3)), np.sign(RANDOM.normal(size=40))


def logistic(w, b):
    """Closes over its data."""
    z = X @ w + b
    return np.mean(np.log1p(np.exp(-LABELS * z)) + 0.1 * np.tanh(z) ** 2)


def chain(a, b, x, y):
    z = a * x + b
    return np.mean(np.log1p(np.exp(-y * z)) + 0.1 * np.tanh(z) ** 2)


def perceptron(parameters, x, labels):
    """Nested arguments."""
    hidden = np.maximum(x @ parameters["W1"] + parameters["b1"], 0.0)
    z = hidden @ parameters["W2"] + parameters["b2"]
    z = z - np.max(z, axis=1, keepdims=True)
    return np.mean(np.log(np.sum(np.exp(z), axis=1)) - np.sum(labels * z, axis=1))


def recurrent(W, U, xs):
    h = np.zeros(W.shape[0])
    for x in xs:
        h = np.tanh(W @ h + U @ x)
    return np.sum(h * h)


def mixture(means, scales, weights, x):
    """Negative log likelihood of a Gaussian mixture."""
    d = (x[:, None, :] - means) / scales[:, None]
    log_p = -0.5 * np.sum(d * d, axis=2) - means.shape[1] * np.log(scales) + weights
    top = np.max(log_p, axis=1, keepdims=True)
    return -np.mean(np.log(np.sum(np.exp(log_p - top), axis=1)) + top[:, 0])


def rosenbrock(x):
    return np.sum(100.0 * (x[1:] - x[:-1] ** 2) ** 2 + (1.0 - x[:-1]) ** 2)


def convolved(w, x):
    return np.sum(functions.conv2d(x, w, padding=1) ** 2)


def chosen(x, y):
    """Choices, kinks, sorting, indexing, assignment."""
    z = np.where(x > y, x, 2 * y)
    z = np.sort(z)[::-1] * np.abs(x)
    order = np.argsort(x)
    z = z + y[order] * np.clip(x, -0.5, 0.5)
    w = z.copy()
    w[1:3] = x[:2] * 3
    return np.sum(np.maximum(w, z) ** 2) + np.max(x) + np.sum(y[[0, 0, 2]])


def spectral(A, b):
    """Linear algebra, several results, transforms of Fourier."""
    values, vectors = np.linalg.eigh(A @ A.T + 3 * np.eye(4))
    u = np.linalg.solve(A + 5 * np.eye(4), b)
    f = np.fft.rfft(b)
    return np.sum(np.log(values)) + np.sum(vectors[:, 0] ** 2 * u) + np.sum(np.real(f * np.conj(f)))


class Adam:
    """Adam as in the paper: D. P. Kingma, J. Ba, ICLR (2015)."""

    def init(self, params):
        return 1.0, tree_map(np.zeros_like, params), tree_map(np.zeros_like, params)

    def update(self, g, state, params):
        t, m, v = state
        m = tree_map(lambda m, g: 0.9 * m + 0.1 * g, m, g)
        v = tree_map(lambda v, g: 0.999 * v + 0.001 * g * g, v, g)
        rate = 0.01 * (1 - 0.999**t) ** 0.5 / (1 - 0.9**t)
        return tree_map(lambda p, m, v: p - rate * m / (np.sqrt(v) + 1e-8), params, m, v), (t + 1.0, m, v)


PARAMETERS = {
    "W1": RANDOM.normal(size=(5, 7)),
    "b1": RANDOM.normal(size=7),
    "W2": RANDOM.normal(size=(7, 3)),
    "b2": RANDOM.normal(size=3),
}
BATCH = RANDOM.normal(size=(6, 5)), np.eye(3)[RANDOM.integers(3, size=6)]

# fmt: off
# name: (function, arguments, which of them to differentiate)
CASES = {
    "logistic": (logistic, (RANDOM.normal(size=3), 0.3), (0, 1)),
    "chain": (chain, (1.3, 0.2, RANDOM.normal(size=50), np.sign(RANDOM.normal(size=50))), (0, 1)),
    "large chain": (chain, (1.3, 0.2, RANDOM.normal(size=300_000), np.sign(RANDOM.normal(size=300_000))), (0, 1, 2)),
    "perceptron": (perceptron, (PARAMETERS, *BATCH), 0),
    "recurrent": (recurrent, [RANDOM.normal(size=s) / 2 for s in ((4, 4), (4, 2), (9, 2))], (0, 1)),
    "mixture": (mixture, (RANDOM.normal(size=(3, 2)), RANDOM.uniform(1, 2, 3), RANDOM.normal(size=3),
                          RANDOM.normal(size=(50_000, 2))), (0, 1, 2)),
    "rosenbrock": (rosenbrock, (RANDOM.normal(size=9),), 0),
    "large rosenbrock": (rosenbrock, (RANDOM.normal(size=20_000),), 0),
    "convolution": (convolved, (RANDOM.normal(size=(2, 3, 3, 3)), RANDOM.normal(size=(2, 3, 6, 6))), (0, 1)),
    "choices": (chosen, (RANDOM.normal(size=5), RANDOM.normal(size=5)), (0, 1)),
    "spectral": (spectral, (RANDOM.normal(size=(4, 4)), RANDOM.normal(size=4)), (0, 1)),
    "float32": (chain, (*np.float32([1.3, 0.2]), *RANDOM.normal(size=(2, 30)).astype(np.float32)), (0, 1)),
}
# fmt: on
