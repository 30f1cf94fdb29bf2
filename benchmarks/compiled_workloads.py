"""The ten workloads of compiling: a loss, its gradient as a person writes it in NumPy, and numbers to run them on.

A loss is `loss(np, parameters, data)`, with any library's namespace in the place of `np`, so that everybody runs the
same lines.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import numpy as np

import tinygrad_edu as tg
from tinygrad_edu import functions

from . import peers

jax = peers.one_threaded_jax()


@dataclass(frozen=True)
class Workload:
    """A loss with its gradient by hand: both return the value first."""

    name: str
    loss: Callable[..., Any]
    by_hand: Callable[..., list[Any]]
    parameters: list[Any]
    data: list[Any] = field(default_factory=list)
    whole: bool = False  # the loss is not differentiated: it is a whole step or a Hessian already
    bar: float = 1.0
    others: tuple[str, ...] = ("PyTorch", "JAX", "autograd", "MyGrad")
    in_torch: Callable[..., Any] | None = None


R = np.random.default_rng(0)

# --- a recurrent net of 60 small steps --------------------------------------------------------------------------------


def recurrent_loss(np, p, d):
    (W, U), (xs, h) = p, d
    for k in range(60):
        h = np.tanh(W @ h + U @ xs[k])
    return np.sum(h * h)


def recurrent_by_hand(p, d):
    (W, U), (xs, h) = p, d
    hs = [h]
    for k in range(60):
        hs.append(np.tanh(W @ hs[-1] + U @ xs[k]))
    g = 2 * hs[-1]
    W_bar, U_bar = np.zeros_like(W), np.zeros_like(U)
    for k in range(59, -1, -1):
        g = g * (1 - hs[k + 1] ** 2)
        W_bar += g[:, None] * hs[k]
        U_bar += g[:, None] * xs[k]
        g = g @ W
    return [np.sum(hs[-1] * hs[-1]), W_bar, U_bar]


# --- logistic regression ----------------------------------------------------------------------------------------------


def logistic_loss(np, p, d):
    (w,), (X, y) = p, d
    return np.mean(np.logaddexp(0.0 * y, -y * (X @ w)))


def logistic_by_hand(p, d):
    (w,), (X, y) = p, d
    s = -y * (X @ w)
    e = np.exp(-np.abs(s))
    value = np.mean(np.maximum(s, 0) + np.log1p(e))
    sigma = np.where(s > 0, 1, e) / (1 + e)
    return [value, (-y * sigma / len(y)) @ X]


# --- the pointwise chain ----------------------------------------------------------------------------------------------


def chain_loss(np, p, d):
    (a, b), (x, y) = p, d
    return np.mean(np.log1p(np.exp(-y * (a * x + b))) + 0.1 * np.tanh(a * x + b) ** 2)


def chain_by_hand(p, d):
    (a, b), (x, y) = p, d
    z = a * x + b
    e = np.exp(-y * z)
    t = np.tanh(z)
    g = (-y * e / (1 + e) + 0.2 * t * (1 - t * t)) / len(x)
    return [np.mean(np.log1p(e) + 0.1 * t * t), np.sum(g * x), np.sum(g)]


# --- a perceptron in single precision ---------------------------------------------------------------------------------


def perceptron_loss(np, p, d):
    (W1, b1, W2, b2, W3, b3), (X, labels) = p, d
    h = np.tanh(X @ W1 + b1)
    h = np.tanh(h @ W2 + b2)
    z = h @ W3 + b3
    return np.mean(np.log(np.sum(np.exp(z), axis=1)) - np.sum(labels * z, axis=1))


def perceptron_by_hand(p, d):
    (W1, b1, W2, b2, W3, b3), (X, labels) = p, d
    h1 = np.tanh(X @ W1 + b1)
    h2 = np.tanh(h1 @ W2 + b2)
    z = h2 @ W3 + b3
    e = np.exp(z)
    total = e.sum(axis=1, keepdims=True)
    value = np.mean(np.log(total[:, 0]) - np.sum(labels * z, axis=1))
    g = (e / total - labels) / np.float32(len(X))
    g2 = (g @ W3.T) * (1 - h2 * h2)
    g1 = (g2 @ W2.T) * (1 - h1 * h1)
    return [value, X.T @ g1, g1.sum(0), h1.T @ g2, g2.sum(0), h2.T @ g, g.sum(0)]


# --- a Gaussian mixture -----------------------------------------------------------------------------------------------


def mixture_loss(np, p, d):
    (means, scales, weights), (x,) = p, d
    z = (x[:, None, :] - means) / scales[:, None]
    log_p = weights - 6 * np.log(scales) - 0.5 * np.sum(z * z, axis=2)
    return -np.mean(np.log(np.sum(np.exp(log_p), axis=1)))


def mixture_by_hand(p, d):
    (means, scales, weights), (x,) = p, d
    z = (x[:, None, :] - means) / scales[:, None]
    squares = np.sum(z * z, axis=2)
    e = np.exp(weights - 6 * np.log(scales) - 0.5 * squares)
    total = e.sum(axis=1)
    r = e / total[:, None] / -len(x)
    per_mean = r[:, :, None] * z
    return [
        -np.mean(np.log(total)),
        per_mean.sum(axis=0) / scales[:, None],
        (r * (squares - 6)).sum(axis=0) / scales,
        r.sum(axis=0),
    ]


# --- Rosenbrock's valley, and a function of two numbers ---------------------------------------------------------------


def rosenbrock_loss(np, p, d):
    (x,) = p
    return np.sum(100.0 * (x[1:] - x[:-1] ** 2) ** 2 + (1.0 - x[:-1]) ** 2)


def rosenbrock_by_hand(p, d):
    (x,) = p
    r, s = x[1:] - x[:-1] ** 2, 1.0 - x[:-1]
    g = np.zeros_like(x)
    g[1:] = 200.0 * r
    g[:-1] -= 400.0 * r * x[:-1] + 2.0 * s
    return [np.sum(100.0 * r * r + s * s), g]


def scalar_loss(np, p, d):
    x, y = p
    return np.exp(2 * y) * np.sin(x)


def scalar_by_hand(p, d):
    x, y = p
    e, s = np.exp(2 * y), np.sin(x)
    return [e * s, e * np.cos(x), 2 * e * s]


# --- convolution ------------------------------------------------------------------------------------------------------


def convolution_loss(np, p, d):
    (w,), (x,) = p, d
    return np.sum(functions.conv2d(x, w, padding=1) ** 2)


def convolution_by_hand(p, d):
    """Images to columns, and one product for each direction."""
    (w,), (x,) = p, d
    n, c, h, v = x.shape
    padded = np.zeros((n, c, h + 2, v + 2))
    padded[:, :, 1:-1, 1:-1] = x
    columns = np.stack([padded[:, :, i : i + h, j : j + v] for i in range(3) for j in range(3)], axis=2)
    columns = columns.reshape(n, c * 9, h * v)
    y = w.reshape(len(w), -1) @ columns
    g = 2 * y
    return [np.sum(y * y), np.sum(g @ columns.transpose(0, 2, 1), axis=0).reshape(w.shape)]


def convolution_in_torch(torch, p, d):
    return torch.sum(torch.nn.functional.conv2d(d[0], p[0], padding=1) ** 2)


def convolution_in_jax(p, d):
    y = jax.lax.conv_general_dilated(d[0], p[0], (1, 1), "SAME")
    return jax.numpy.sum(y**2)


# --- a Hessian --------------------------------------------------------------------------------------------------------


def small_logistic(np, w, X, y):
    return np.mean(np.log1p(np.exp(-y * (X @ w))))


def hessian_by_hand(p, d):
    (w,), (X, y) = p, d
    s = 1 / (1 + np.exp(y * (X @ w)))
    return [X.T @ ((s * (1 - s) / len(y))[:, None] * X)]


def hessian_whole(np, p, d):
    return [tg.hessian(lambda w: small_logistic(np, w, *d))(p[0])]


# --- a step of Adam ---------------------------------------------------------------------------------------------------


def moved(np, p, g, m, v, t):
    m, v = 0.9 * m + 0.1 * g, 0.999 * v + 0.001 * g * g
    rate = 0.001 * (1 - 0.999**t) ** 0.5 / (1 - 0.9**t)
    return p - rate * m / (np.sqrt(v) + 1e-8), m, v


def adam_with(gradient, np, p, d):
    weights, ms, vs, t = p
    value, g = gradient(weights)
    new = [moved(np, *each, t) for each in zip(weights, g, ms, vs, strict=True)]
    return [value, *(x for column in zip(*new, strict=True) for x in column)]


def adam_loss(np, p, d):
    return adam_with(tg.value_and_grad(lambda w: perceptron_loss(np, w, d)), np, p, d)


def adam_by_hand(p, d):
    def gradient(weights):
        value, *g = perceptron_by_hand(weights, d)
        return value, g

    return adam_with(gradient, np, p, d)


def adam_in_jax(p, d):
    np = jax.numpy
    return adam_with(jax.value_and_grad(lambda w: perceptron_loss(np, w, d)), np, p, d)


def workloads(smoke: bool) -> list[Workload]:
    """The ten, or small ones of the same kinds."""
    n = 50 if smoke else 1
    sizes = [(7, 5), (5, 4), (4, 3)] if smoke else [(784, 256), (256, 128), (128, 10)]
    weights = [w for a, b in sizes for w in (R.normal(size=(a, b)) / a**0.5, np.zeros(b))]
    single = [w.astype(np.float32) for w in weights]
    batch = 6 if smoke else 128
    images = R.uniform(size=(batch, sizes[0][0])).astype(np.float32)
    labels = np.eye(sizes[-1][1], dtype=np.float32)[R.integers(sizes[-1][1], size=batch)]
    signs = lambda k: np.sign(R.normal(size=k))
    means, squares = ([np.full_like(w, x) for w in single] for x in (1e-3, 1e-2))
    X = R.normal(size=(100_000 // n, 30))
    H = R.normal(size=(1000 // n, 50))
    points = 2_000_000 // n
    net = [R.normal(size=(16, 16)) / 4, R.normal(size=(16, 4)) / 2]
    steps = [R.normal(size=(60, 4)), np.zeros(16)]
    mixed = [R.normal(size=(8, 6)), R.uniform(1, 2, 8), R.normal(size=8)]
    pictures = R.normal(size=(2 if smoke else 32, 3, 28, 28))
    step = [single, means, squares, 1.0]
    some = ("PyTorch", "JAX", "autograd")
    # fmt: off
    return [
        Workload("recurrent net, 60 steps", recurrent_loss, recurrent_by_hand, net, steps),
        Workload("logistic 100,000 x 30", logistic_loss, logistic_by_hand, [R.normal(size=30)], [X, signs(len(X))]),
        Workload("pointwise chain 2e6", chain_loss, chain_by_hand, [1.3, 0.2], [R.normal(size=points), signs(points)],
                 bar=0.5, others=some),
        Workload("perceptron float32", perceptron_loss, perceptron_by_hand, single, [images, labels], others=some),
        Workload("mixture 5,000 x 8 x 6", mixture_loss, mixture_by_hand, mixed, [R.normal(size=(5000 // n, 6))],
                 bar=0.5),
        Workload("Rosenbrock 100,000", rosenbrock_loss, rosenbrock_by_hand, [R.normal(size=100_000 // n)]),
        Workload("scalar function", scalar_loss, scalar_by_hand, [0.5, 1.0], others=some),
        Workload("convolution 3 x 3", convolution_loss, convolution_by_hand, [R.normal(size=(8, 3, 3, 3))], [pictures],
                 others=("PyTorch", "JAX"), in_torch=convolution_in_torch),
        Workload("Hessian, 50 dimensions", hessian_whole, hessian_by_hand, [R.normal(size=50)], [H, signs(len(H))],
                 whole=True, others=("JAX",)),
        Workload("step of Adam, float32", adam_loss, adam_by_hand, step, [images, labels], whole=True, others=("JAX",)),
    ]
    # fmt: on
