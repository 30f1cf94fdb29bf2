"""Laws of convolution, pooling and resampling that sample rows cannot say."""

import numpy as np
import pytest

import tinygrad_edu as tg
from tinygrad_edu import functions as nn
from tinygrad_edu.errors import ShapeError

RNG = np.random.default_rng(3)


def by_definition(x, w, stride, padding, dilation):
    """A convolution in one dimension, letter by letter."""
    x = np.pad(x, ((0, 0), (0, 0), (padding, padding)))
    span = dilation * (w.shape[2] - 1) + 1
    starts = range(0, x.shape[2] - span + 1, stride)
    windows = [x[:, :, i : i + span : dilation] for i in starts]
    return np.stack([np.einsum("nck,fck->nf", window, w) for window in windows], axis=2)


@pytest.mark.parametrize("stride", [1, 2, 3])
@pytest.mark.parametrize("padding", [0, 2])
@pytest.mark.parametrize("dilation", [1, 2])
def test_convolution_is_what_its_definition_says(stride, padding, dilation):
    x, w = RNG.normal(size=(2, 3, 9)), RNG.normal(size=(4, 3, 3))
    expected = by_definition(x, w, stride, padding, dilation)
    np.testing.assert_allclose(nn.conv1d(x, w, None, stride, padding, dilation), expected, rtol=1e-12)
    image = nn.conv2d(x[:, :, None], w[:, :, None], None, (1, stride), (0, padding), (1, dilation))
    np.testing.assert_allclose(image[:, :, 0], expected, rtol=1e-12)
    upright = nn.conv2d(x[..., None], w[..., None], None, (stride, 1), (padding, 0), (dilation, 1))
    np.testing.assert_allclose(upright[..., 0], expected, rtol=1e-12)


def test_the_transposed_convolution_is_the_transpose():
    x, w = RNG.normal(size=(2, 3, 7, 6)), RNG.normal(size=(4, 3, 3, 2))
    g = RNG.normal(size=(2, 4, 4, 3))
    pulled = tg.vjp(lambda x: nn.conv2d(x, w, stride=2, padding=(1, 0)), x)[1](g)[0]
    np.testing.assert_allclose(nn.conv_transpose2d(g, w, stride=2, padding=(1, 0)), pulled, rtol=1e-12)


@pytest.mark.parametrize("filters", [1, 9])
def test_both_ways_of_spreading_agree(filters):
    """Few filters are gathered, many are spread: the same map."""
    x, w = RNG.normal(size=(2, 3, 6, 5)), RNG.normal(size=(filters, 3, 3, 2))
    g = RNG.normal(size=(2, filters, 6, 6))
    pulled = tg.vjp(lambda x: nn.conv2d(x, w, padding=1), x)[1](g)[0]
    one_by_one = sum(tg.vjp(lambda x, f=f: nn.conv2d(x, w[f : f + 1], padding=1), x)[1](g[:, f : f + 1])[0]
                     for f in range(filters))  # fmt: skip
    np.testing.assert_allclose(pulled, one_by_one, rtol=1e-10, atol=1e-12)


def test_groups_do_not_meet():
    x, w = RNG.normal(size=(1, 4, 5)), RNG.normal(size=(6, 2, 2))
    parts = [nn.conv1d(x[:, 2 * i : 2 * i + 2], w[3 * i : 3 * i + 3]) for i in (0, 1)]
    np.testing.assert_allclose(nn.conv1d(x, w, groups=2), np.concatenate(parts, axis=1), rtol=1e-12)


def test_an_empty_batch_has_an_empty_result_and_gradient():
    x, w = np.zeros((0, 3, 5, 5)), RNG.normal(size=(2, 3, 3, 3))
    y, pull = tg.vjp(nn.conv2d, x, w)
    assert y.shape == (0, 2, 3, 3)
    assert [c.shape for c in pull(y)] == [x.shape, w.shape]
    y, pull = tg.vjp(lambda x: nn.max_pool2d(x, 2), x)
    assert y.shape == (0, 3, 2, 2) and pull(y)[0].shape == x.shape


def test_single_precision_is_kept_with_a_bias():
    x, w, b = (RNG.normal(size=s).astype(np.float32) for s in [(1, 2, 4, 4), (3, 2, 2, 2), (3,)])
    y, pull = tg.vjp(nn.conv2d, x, w, b)
    assert {a.dtype for a in (y, *pull(y))} == {np.dtype(np.float32)}


@pytest.mark.parametrize(("call", "words"), [
    (lambda: nn.conv2d(np.ones((1, 3, 4, 4)), np.ones((2, 4, 3, 3))), "do not fit"),
    (lambda: nn.conv2d(np.ones((1, 3, 4)), np.ones((2, 3, 3))), "do not fit"),
    (lambda: nn.conv2d(np.ones((1, 3, 2, 2)), np.ones((2, 3, 3, 3))), "do not fit into the padded data"),
    (lambda: nn.conv2d(np.ones((1, 3, 4, 4)), np.ones((2, 3, 3, 3)), stride=(1, 1, 1)), "stride=.* has 3 numbers"),
    (lambda: nn.conv2d(np.ones((1, 3, 4, 4)), np.ones((2, 3, 3, 3)), padding="full"), "Expected 'same', 'valid'"),
    (lambda: nn.conv2d(np.ones((1, 3, 4, 4)), np.ones((2, 3, 3, 3)), stride=2, padding="same"), "for stride 1"),
    (lambda: nn.conv2d(np.ones((1, 4, 4, 4)), np.ones((3, 2, 3, 3)), groups=2), "do not divide into 2 groups"),
    (lambda: nn.conv_transpose1d(np.ones((1, 2, 3)), np.ones((2, 1, 2)), output_padding=1), "less than stride"),
    (lambda: nn.conv_transpose1d(np.ones((1, 2, 1)), np.ones((2, 1, 2)), padding=1), "leaves nothing"),
    (lambda: nn.max_pool2d(np.ones((2, 2)), 3), "do not fit into"),
    (lambda: nn.avg_pool3d(np.ones((2, 2)), 2), "pooling over 3 axes"),
    (lambda: nn.fold(np.ones((1, 4, 5)), 3, 2), "not the columns of images"),
    (lambda: nn.interpolate(np.ones((1, 1, 2))), "either size or scale_factor"),
    (lambda: nn.interpolate(np.ones((1, 1, 2)), 3, mode="sinc"), "Expected nearest"),
    (lambda: nn.grid_sample(np.ones((1, 1, 2, 2)), np.ones((1, 1, 1, 2)), padding_mode="wrap"), "zeros or border"),
    (lambda: nn.pixel_shuffle(np.ones((3, 2, 2)), 2), "do not divide into 2 x 2"),
    (lambda: nn.pixel_unshuffle(np.ones((3, 3, 2)), 2), "do not divide into 2 x 2"),
    (lambda: np.lib.stride_tricks.sliding_window_view(tg.Tensor(np.ones((3, 3))), 2), "Expected one length each"),
    (lambda: nn.channel_shuffle(np.ones((1, 3, 2)), 2), "do not divide into 2 groups"),
])  # fmt: skip
def test_what_does_not_fit_is_refused(call, words):
    with pytest.raises(ShapeError, match=words):
        call()


# --- pooling ----------------------------------------------------------------------------------------------------------


def test_the_winners_of_a_window_share_evenly():
    x = np.array([[1.0, 1.0, 0.0], [1.0, 0.0, 0.0]])
    np.testing.assert_allclose(tg.grad(lambda x: np.sum(nn.max_pool2d(x, 2)))(x[:, :2]), [[1 / 3, 1 / 3], [1 / 3, 0]])
    g = tg.grad(lambda x: np.sum(nn.max_pool2d(x, 2, 1)))(x)
    np.testing.assert_allclose(g, [[1 / 3, 4 / 3, 0], [1 / 3, 0, 0]])
    np.testing.assert_allclose(tg.grad(lambda x: np.sum(nn.adaptive_max_pool2d(x, (1, 2))))(x), g)


def test_large_and_small_arrays_share_alike():
    """Large ones by a product, which is faster; small ones, and infinite cotangents, by a choice."""
    x = RNG.integers(0, 3, (4, 64, 64)).astype(float)
    g = RNG.normal(size=(4, 32, 32))
    pull = tg.vjp(lambda x: nn.max_pool2d(x, 2), x)[1]
    parts = [tg.vjp(lambda x: nn.max_pool2d(x, 2), part)[1](h)[0] for part, h in zip(x, g, strict=True)]
    np.testing.assert_allclose(pull(g)[0], parts, rtol=1e-14)
    g[0, 0, 0] = np.inf
    found = pull(g)[0]
    assert not np.any(np.isnan(found)) and np.isinf(found).any()


def test_nan_wins_a_window_and_gets_its_gradient():
    x = np.array([1.0, np.nan, 3.0, 2.0])
    value, pull = tg.vjp(lambda x: nn.max_pool1d(x, 2), x)
    np.testing.assert_array_equal(value, [np.nan, 3.0])
    np.testing.assert_array_equal(pull(np.ones(2))[0], [0, 1, 1, 0])


def test_a_margin_never_wins():
    x = -np.ones((3, 3))
    np.testing.assert_array_equal(nn.max_pool2d(x, 3, 2, 1), -np.ones((2, 2)))
    np.testing.assert_allclose(nn.avg_pool2d(x, 3, 2, 1, count_include_pad=False), -np.ones((2, 2)))


def test_a_window_is_a_view():
    x = np.arange(6.0)
    assert np.shares_memory(np.lib.stride_tricks.sliding_window_view(tg.Tensor(x), 3).data, x)


# --- resampling -------------------------------------------------------------------------------------------------------


def test_the_identity_grid_gives_the_image_back():
    x = RNG.normal(size=(2, 3, 4, 5))
    grid = nn.affine_grid(np.broadcast_to(np.eye(2, 3), (2, 2, 3)), x.shape)
    np.testing.assert_allclose(nn.grid_sample(x, grid), x, rtol=1e-12)


def test_interpolation_of_a_line_keeps_it_straight():
    line = np.arange(5.0).reshape(1, 1, 5)
    found = nn.interpolate(line, 9, mode="linear", align_corners=True)
    np.testing.assert_allclose(found[0, 0], np.linspace(0, 4, 9), rtol=1e-12)


def test_shuffles_are_undone():
    x = RNG.normal(size=(2, 12, 4, 6))
    np.testing.assert_array_equal(nn.pixel_unshuffle(nn.pixel_shuffle(x, 2), 2), x)
    np.testing.assert_array_equal(nn.channel_shuffle(nn.channel_shuffle(x, 3), 4), x)


def test_float32_images_stay_float32():
    x = RNG.normal(size=(1, 2, 4, 4)).astype(np.float32)
    for f in (lambda x: nn.interpolate(x, 7, mode="bicubic"), lambda x: nn.adaptive_avg_pool2d(x, 3),
              lambda x: nn.image_scale_and_translate(x, (1, 2, 3, 4), (2,), [0.7], [0.1])):  # fmt: skip
        assert f(x).dtype == tg.vjp(f, x)[1](f(x))[0].dtype == np.float32
