"""Every function of the catalogue can be explained: the gradient to the last bit, and its source when it is run."""

import numpy as np
import pytest
from catalogue.pages import SAMPLES
from catalogue.test_catalogue import Call, noise

import tinygrad_edu as tg
from tinygrad_edu.explaining import explain

FIRST = list({sample.name: sample for sample in reversed(SAMPLES)}.values())


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("sample", FIRST, ids=lambda s: s.name)
def test_a_function_is_explained_and_its_source_computes_the_gradient(sample):
    call = Call(sample)
    weights = noise(call(*call.primals), 1)

    def f(*primals):
        found = zip(call(*primals), weights, strict=True)
        return sum(np.sum(np.real(y * w)) for y, w in found if getattr(y, "dtype", np.dtype(int)).kind in "fc")

    if not call.primals:
        return
    wanted = tg.grad(f, tuple(range(len(call.primals))))(*call.primals)
    ex = explain(f, *call.primals)
    for name, g in zip(ex.sources, wanted, strict=True):
        assert np.array_equal(np.conj(ex.gradients[name]), g)
    assert str(ex) and ex.html() and ex.latex() and ex.page()
    names = ex.namespace
    exec(ex.source(), names)
    found = names["gradient"](*call.primals)
    for g, w in zip(found if isinstance(found, tuple) else (found,), wanted, strict=True):
        assert np.allclose(g, w, rtol=1e-6, atol=1e-9)
