"""Laws of the Fourier transforms that sample rows cannot say."""

import numpy as np
import pytest

import tinygrad_edu as tg
from tinygrad_edu.errors import InPlaceError

fft = np.fft
rng = np.random.default_rng(7)


def complex_(*shape):
    return rng.standard_normal(shape) + 1j * rng.standard_normal(shape)


@pytest.mark.parametrize("norm", ["backward", "ortho", "forward"])
def test_the_transpose_of_fft_is_fft(norm):
    z, g = complex_(7), complex_(7)
    np.testing.assert_allclose(tg.vjp(lambda z: fft.fft(z, norm=norm), z)[1](g)[0], fft.fft(g, norm=norm))


def test_the_gradient_of_energy_says_parseval():
    """Σ|F x|² = n Σ x², so its gradient is 2 n x."""
    x = rng.standard_normal(9)
    np.testing.assert_allclose(tg.grad(lambda x: np.sum(np.abs(fft.fft(x)) ** 2))(x), 18 * x)


@pytest.mark.parametrize("n", [1, 2, 3, 8, 9])
def test_transform_and_inverse_have_the_identity_as_gradient(n):
    x, w = rng.standard_normal(n), rng.standard_normal(n)
    loss = lambda x: np.sum(w * fft.irfft(fft.rfft(x), n))
    np.testing.assert_allclose(tg.grad(loss)(x), w, atol=1e-14)


def test_circular_convolution_agrees_with_its_matrix():
    x, k = rng.standard_normal(6), rng.standard_normal(6)
    jacobian = tg.jacobian(lambda x: fft.irfft(fft.rfft(x) * fft.rfft(k), 6))(x)
    np.testing.assert_allclose(jacobian, np.stack([np.roll(k, j) for j in range(6)], axis=1), atol=1e-14)


def test_irfft_ignores_the_imaginary_parts_that_a_real_signal_cannot_have():
    g = tg.vjp(fft.irfft, complex_(4))[1](rng.standard_normal(6))[0]
    assert g[0].imag == 0 and abs(g[-1].imag) < 1e-15


@pytest.mark.parametrize("f", [fft.fft, fft.ifft, fft.rfft, fft.ihfft])
def test_single_precision_stays_single(f):
    x = rng.standard_normal((3, 8)).astype(np.float32)
    value, pull = tg.vjp(f, x)
    assert value.dtype == np.complex64 and pull(value)[0].dtype == np.float32


@pytest.mark.parametrize("f", [fft.fft2, fft.ifft2, fft.fftn, fft.rfft2, fft.rfftn])
def test_empty_batches_have_empty_gradients(f):
    x = np.zeros((0, 3, 4))
    value, pull = tg.vjp(lambda x: f(x, axes=(1, 2)), x)
    assert pull(value)[0].shape == (0, 3, 4)


def test_a_grid_of_frequencies_differentiates_by_its_spacing():
    d_of_grid = tg.jacobian(lambda d: fft.fftfreq(4, d), mode="forward")(0.5)
    np.testing.assert_allclose(d_of_grid, -fft.fftfreq(4, 0.25))  # k/(n d)' = -k/(n d²)
    d_of_grid = tg.jacobian(lambda d: fft.rfftfreq(5, d), mode="forward")(0.5)
    np.testing.assert_allclose(d_of_grid, -fft.rfftfreq(5, 0.25))


def test_out_is_refused():
    with pytest.raises(InPlaceError, match="out="):
        fft.fft(tg.Tensor(np.ones(4), requires_grad=True), out=np.zeros(4, complex))


def test_sizes_and_axes_that_do_not_match_are_refused():
    with pytest.raises(ValueError):
        tg.grad(lambda x: np.sum(np.abs(fft.fftn(x, s=(2, 2), axes=(0,)))))(np.ones((3, 3)))


def test_a_wrong_norm_is_explained():
    with pytest.raises(ValueError, match="norm"):
        fft.rfft(tg.Tensor(np.ones(4), requires_grad=True), norm="ortogonal")
