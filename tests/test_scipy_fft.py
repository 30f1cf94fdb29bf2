"""The cosine and sine transforms are SciPy's."""

import numpy as np
import pytest
from catalogue.scipy_samples import TRANSFORMS

import tinygrad_edu as tg

scipy_fft = pytest.importorskip("scipy.fft")


@pytest.mark.parametrize("sample", TRANSFORMS, ids=str)
def test_a_transform_equals_scipys(sample):
    expected = getattr(scipy_fft, sample.name)(*sample.args, **sample.params)
    np.testing.assert_allclose(sample.function(*sample.args, **sample.params), expected, rtol=1e-13, atol=1e-13)


def test_a_recorded_array_is_not_overwritten():
    from tinygrad_edu.scipy import fft

    x = np.arange(5.0)
    tg.grad(lambda v: np.sum(fft.dct(v, overwrite_x=True)))(x)
    np.testing.assert_array_equal(x, np.arange(5.0))
