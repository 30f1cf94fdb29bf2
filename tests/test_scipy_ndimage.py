"""Filters and interpolation of images are SciPy's, in every mode."""

import numpy as np
import pytest
from catalogue.scipy_samples import IMAGES

import tinygrad_edu as tg
from tinygrad_edu.scipy import ndimage

scipy_ndimage = pytest.importorskip("scipy.ndimage")
MODES = ["reflect", "grid-mirror", "mirror", "nearest", "wrap", "grid-wrap", "constant", "grid-constant"]
rng = np.random.default_rng(5)


@pytest.mark.parametrize("sample", IMAGES, ids=str)
def test_a_filter_equals_scipys(sample):
    found = sample.function(*sample.args, **sample.params)
    expected = getattr(scipy_ndimage, sample.name)(*sample.args, **sample.params)
    np.testing.assert_allclose(found, expected, rtol=1e-12, atol=1e-12)


@pytest.mark.parametrize("order", range(6))
@pytest.mark.parametrize("mode", MODES)
def test_interpolation_equals_scipys_in_and_out_of_the_image(mode, order):
    image = rng.standard_normal((6, 5))
    # with "nearest" SciPy writes 12 elements of boundary out; beyond them its values turn rough, at 1e-5
    places = rng.uniform(-12, 16, (2, 200)) if mode == "nearest" else rng.uniform(-14, 20, (2, 200))
    found = ndimage.map_coordinates(image, places, order=order, mode=mode, cval=0.7)
    np.testing.assert_allclose(
        found, scipy_ndimage.map_coordinates(image, places, order=order, mode=mode, cval=0.7), atol=1e-12
    )


def test_a_spline_goes_through_the_elements_with_gradient_one():
    image = rng.standard_normal((4, 5))
    through = lambda x: ndimage.map_coordinates(x, np.indices(x.shape).astype(float), mode="mirror")
    np.testing.assert_allclose(through(image), image, atol=1e-13)
    np.testing.assert_allclose(tg.grad(lambda x: np.sum(through(x)))(image), np.ones((4, 5)), atol=1e-12)


def test_output_is_refused():
    with pytest.raises(ValueError, match="Leave it away"):
        ndimage.convolve(np.ones(4), np.ones(2), output=np.ones(4))
