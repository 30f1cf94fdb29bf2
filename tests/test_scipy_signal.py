"""Convolutions, filters and spectra are SciPy's."""

import numpy as np
import pytest
from catalogue.scipy_samples import SIGNAL, SPECTRA

import tinygrad_edu as tg
from tinygrad_edu.scipy import signal

scipy_signal = pytest.importorskip("scipy.signal")


@pytest.mark.parametrize("sample", [s for s in [*SIGNAL, *SPECTRA] if s.name in dir(scipy_signal)], ids=str)
def test_a_signal_function_equals_scipys(sample):
    found = sample.function(*sample.args, **sample.params)
    expected = getattr(scipy_signal, sample.name)(*sample.args, **sample.params)
    if sample in SPECTRA:
        expected = expected[-1]
    for a, b in zip(
        found if isinstance(found, tuple) else [found],
        expected if isinstance(expected, tuple) else [expected],
        strict=True,
    ):
        np.testing.assert_allclose(a, b, rtol=1e-12, atol=1e-12)


@pytest.mark.parametrize("name", ["stft", "welch"])
def test_frequencies_and_times_equal_scipys(name):
    x = np.random.default_rng(1).standard_normal(40)
    for a, b in zip(
        getattr(signal, name)(x, 2.0, nperseg=10), getattr(scipy_signal, name)(x, 2.0, nperseg=10), strict=True
    ):
        np.testing.assert_allclose(a, b, rtol=1e-12, atol=1e-12)


def test_istft_inverts_stft_with_gradient_one():
    x = np.random.default_rng(2).standard_normal(64)
    again = lambda v: signal.istft(signal.stft(v, nperseg=16)[2], nperseg=16)[1]
    np.testing.assert_allclose(again(x), x, atol=1e-14)
    np.testing.assert_allclose(tg.grad(lambda v: np.sum(again(v)))(x), np.ones(64), atol=1e-13)


def test_a_filter_hands_its_state_on():
    x, b, a = np.random.default_rng(3).standard_normal(12), [0.3, 0.2], [1.0, -0.5, 0.1]
    start, state = signal.lfilter(b, a, x[:1], zi=np.zeros(2))
    rest, _ = signal.lfilter(b, a, x[1:], zi=state)
    np.testing.assert_allclose(np.concatenate([start, rest]), scipy_signal.lfilter(b, a, x), atol=1e-15)


def test_a_state_of_the_wrong_length_is_refused():
    with pytest.raises(ValueError, match="Expected 2"):
        signal.lfilter([1.0], [1.0, 0.5, 0.2], np.ones(4), zi=np.zeros(1))
