"""Runs that validate, stop early, are called back, killed, interrupted, and go on where they were."""

import os
import signal
import subprocess
import sys
import threading
import tracemalloc

import numpy as np
import pytest

import tinygrad_edu as tg
from benchmarks import mapping
from tinygrad_edu import data, losses, optim
from tinygrad_edu.errors import (
    DataError,
    DivergenceError,
    DtypeError,
    HyperparameterError,
    MissingExtraError,
    ShapeError,
    TraceError,
)
from tinygrad_edu.optim import examples as examples_file
from tinygrad_edu.optim import minimizing, progress
from tinygrad_edu.optim.interrupting import interruptible


def bowl(p):
    return 4 + (p[0] - 2) ** 2 + 2 * p[1] ** 2


def linear(params, features, target):
    return losses.mean_squared_error(features @ params["w"] + params["b"], target)


def noisy_line(n=60, p=3, seed=0):
    random = np.random.default_rng(seed)
    x = random.standard_normal((n, p))
    return x, x @ np.arange(1.0, p + 1) + 1 + 0.5 * random.standard_normal(n)


START = {"w": np.zeros(3), "b": 0.0}


def same(one, other):
    """Bit for bit, dtypes and kinds included."""
    pairs = zip(tg.trees.leaves(one), tg.trees.leaves(other), strict=True)
    bits = lambda leaf: leaf.tobytes() if isinstance(leaf, np.ndarray | np.generic) else repr(leaf)
    return all(type(a) is type(b) and bits(a) == bits(b) for a, b in pairs)


# Validation and early stopping


def test_a_share_is_set_aside_as_split_does_it():
    x, y = noisy_line()
    training, aside = data.split((x, y), 0.25, seed=3)
    for size in (None, 7):
        share, given = (
            optim.minimize(linear, START, optim.sgd(0.05), data=d, validation=v, seed=3, epochs=4, batch_size=size)
            for d, v in (((x, y), 0.25), (training, aside))
        )
        assert same(share.params, given.params)
        assert share.history.validation_losses == pytest.approx(given.history.validation_losses, rel=1e-14)
        assert share.validation_loss == share.history.validation_losses[-1] == linear(share.params, *aside)


def test_a_run_without_validation_says_so():
    result = optim.minimize(bowl, np.zeros(2), epochs=2)
    assert (result.validation_loss, result.best_epoch, len(result.history.validation_losses)) == (None, None, 0)


def test_early_stopping_returns_the_parameters_that_were_best():
    """The examples set aside want 1, the others 3: on the way from 0 to 3 the validation loss falls, then rises."""
    result = optim.minimize(
        lambda m, y: np.mean((y - m) ** 2), 0.0, optim.sgd(0.05), data=np.full(5, 3.0), validation=np.ones(2),
        early_stopping=3, trajectory=True,
    )  # fmt: skip
    best = int(np.argmin(result.history.validation_losses))
    assert result.reason == "the validation loss stopped falling"
    assert (result.best_epoch, result.epochs) == (best, best + 3)
    assert result.params == result.history.params[best] == pytest.approx(1, abs=0.15)
    assert result.validation_loss == result.history.validation_losses.min()
    assert result.loss == result.history.losses[best]
    assert not result.converged


def test_early_stopping_returns_the_best_parameters_of_a_run_that_was_too_short_to_stop():
    options = {"data": np.full(5, 3.0), "validation": np.ones(2), "trajectory": True, "epochs": 8}
    result = optim.minimize(lambda m, y: np.mean((y - m) ** 2), 0.0, optim.sgd(0.05), early_stopping=99, **options)
    assert result.reason == "the epochs are used up"
    assert result.params == result.history.params[result.best_epoch] != result.history.params[-1]


def test_a_plateau_is_told_the_validation_losses():
    rate = optim.schedules.Plateau(0.05, factor=0.5, patience=0)
    result = optim.minimize(
        lambda m, y: np.mean((y - m) ** 2), 0.0, optim.sgd(rate), data=np.full(5, 3.0), validation=np.ones(2), epochs=9
    )
    rises = np.diff(result.history.validation_losses) > 0
    assert rises.any()
    assert result.history.rates[1:] == pytest.approx(0.05 * 0.5 ** np.cumsum(rises))


def test_a_validation_loss_that_is_no_number_is_no_progress():
    given = (np.full((2, 3), np.nan), np.ones(2))
    options = {"data": noisy_line(), "validation": given, "early_stopping": 2}
    result = optim.minimize(linear, START, optim.sgd(0.1), **options)
    assert (result.reason, result.best_epoch, result.epochs) == ("the validation loss stopped falling", 0, 2)


def test_a_data_set_is_data():
    table = data.load_diabetes()
    start = {"w": np.zeros(10), "b": 0.0}
    one, other = (
        optim.minimize(linear, start, optim.adam(0.1), data=d, batch_size=50, epochs=2, validation=v)
        for d, v in ((table, table.take(slice(9))), ((table.features, table.target), np.float32(0.1)))
    )
    assert one.steps == 18
    assert other.steps == 16


def test_one_number_may_be_data():
    assert optim.minimize(lambda p, a: (p - a) ** 2, 0.0, data=5.0).params == pytest.approx(5)
    with pytest.raises(ShapeError, match="the data hold a single number"):
        optim.minimize(lambda p, a: (p - a) ** 2, 0.0, optim.sgd(0.1), data=5.0, batch_size=1)


def test_rows_that_do_not_fit_are_told_before_the_run():
    x, y = noisy_line()
    for options in ({"batch_size": 5}, {"validation": 0.2}):
        with pytest.raises(ShapeError, match=r"the arrays have \[59, 60\] rows"):
            optim.minimize(linear, START, optim.sgd(0.1), data=(x, y[:-1]), **options)
        with pytest.raises(DataError, match="there are no examples"):
            optim.minimize(linear, START, optim.sgd(0.1), data=(x[:0], y[:0]), **options)


# Callbacks and history


def test_callbacks_are_told_every_epoch_and_one_may_stop_the_run():
    met = []

    def stop_at_three(moment):
        met.append((moment.epoch, moment.step, moment.loss, np.array(moment.params)))
        return moment.epoch == 3

    result = optim.minimize(bowl, np.array([-1.0, 2.0]), optim.sgd(0.1), callbacks=[stop_at_three, lambda moment: None])
    assert [epoch for epoch, *_ in met] == [0, 1, 2, 3]
    assert all(loss == bowl(params) for _, _, loss, params in met)
    assert (result.reason, result.epochs, result.steps) == ("a callback asked to stop", 3, 3)
    assert (result.params == met[-1][3]).all()


def test_a_callback_of_mini_batches_knows_the_steps():
    met = []
    optim.minimize(linear, START, optim.sgd(0.01), data=noisy_line(), batch_size=25, epochs=2, callbacks=[met.append])
    assert [(moment.epoch, moment.step, moment.gradient) for moment in met] == [
        (0, 0, None),
        (1, 3, None),
        (2, 6, None),
    ]


def test_the_history_is_arrays_with_the_rates():
    rate = optim.schedules.step(0.1, every=2, factor=0.5)
    history = optim.minimize(bowl, np.array([-1.0, 2.0]), optim.sgd(rate), epochs=4).history
    assert history.rates.tolist() == [0.1, 0.1, 0.05, 0.05, 0.025]
    for name in ("losses", "gradient_norms", "validation_losses", "rates"):
        assert getattr(history, name).dtype == np.float64


def test_the_rates_of_mini_batches_are_those_of_their_steps():
    rate = optim.schedules.step(0.01, every=3, factor=0.5)
    result = optim.minimize(linear, START, optim.sgd(rate), data=noisy_line(), batch_size=20, epochs=2)
    assert result.history.rates.tolist() == [0.01, 0.005, 0.0025]


def test_a_history_becomes_a_table():
    history = optim.minimize(bowl, np.array([-1.0, 2.0]), optim.sgd(0.1), epochs=4).history
    table = history.to_pandas()
    assert list(table.columns) == ["loss", "gradient_norm", "rate"]
    assert (table.index.name, table["loss"].tolist()) == ("epoch", history.losses.tolist())


def test_a_table_needs_pandas(monkeypatch):
    monkeypatch.setitem(sys.modules, "pandas", None)
    with pytest.raises(MissingExtraError, match=r'needs pandas.*pip install "tinygrad-edu\[pandas\]"'):
        optim.minimize(bowl, np.zeros(2), epochs=1).history.to_pandas()


# Batches


def test_a_batch_of_all_examples_is_the_full_batch():
    x, y = noisy_line()
    full = optim.minimize(linear, START, optim.sgd(0.1), data=(x, y), epochs=5)
    batch = optim.minimize(linear, START, optim.sgd(0.1), data=(x, y), epochs=5, batch_size=60)
    assert batch.params["w"] == pytest.approx(full.params["w"], rel=1e-13)


def test_large_data_are_taken_batch_by_batch_and_give_the_same_rows(monkeypatch):
    def run():
        options = {"batch_size": 7, "epochs": 3, "validation": 0.2}
        return optim.minimize(linear, START, optim.sgd(0.02), data=noisy_line(), **options).params

    once = run()
    monkeypatch.setattr(examples_file, "SMALL", 0)
    assert same(once, run())


def test_the_losses_can_be_those_of_the_batches_that_were_met():
    x, y = noisy_line()
    met = []

    def counted(params, features, target):
        met.append(len(target))
        return linear(params, features, target)

    options = {"data": (x, y), "batch_size": 20, "epochs": 3}
    cheap = optim.minimize(counted, START, optim.sgd(0.02), measure="batches", **options)
    assert met == [20] * 10  # nine steps, and a look at the start
    full = optim.minimize(linear, START, optim.sgd(0.02), **options)
    assert same(cheap.params, full.params)
    assert len(cheap.history.losses) == 4
    assert cheap.history.losses[1] > full.history.losses[1]  # met on the way down
    at_rest = optim.minimize(linear, START, optim.sgd(1e-12), measure="batches", **{**options, "batch_size": 25})
    assert at_rest.history.losses[1:] == pytest.approx(linear(START, x, y), rel=1e-9)  # the last batch is smaller


def test_a_memory_map_is_data(tmp_path):
    x, y = noisy_line()
    np.savez(tmp_path / "line.npz", x=x, y=y)
    mapped = tuple(data.memory_map(tmp_path / "line.npz", name) for name in "xy")
    for size in (None, 7):
        one, other = (
            optim.minimize(linear, START, optim.sgd(0.02), data=d, epochs=3, batch_size=size) for d in (mapped, (x, y))
        )
        assert same(one.params, other.params)


def test_data_on_the_disk_are_never_copied_as_a_whole(tmp_path, monkeypatch):
    """The small form of `python -m benchmarks.mapping`."""
    monkeypatch.setattr(examples_file, "SMALL", 2**20)
    mapping.write(tmp_path, rows=80_000)
    tracemalloc.start()
    found = mapping.fit(tmp_path)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert found.history.losses[1] < found.history.losses[0]
    assert peak < 16e6 < (tmp_path / "x.npy").stat().st_size / 2


def test_the_gradient_can_be_compiled():
    options = {"data": noisy_line(), "epochs": 5, "batch_size": 25}
    plain, compiled = (optim.minimize(linear, START, optim.adam(0.1), compile=c, **options) for c in (None, "numpy"))
    assert compiled.params["w"] == pytest.approx(plain.params["w"], rel=1e-12)
    with pytest.raises(TraceError):
        optim.minimize(lambda x: x if x > 0 else -x, 1.0, optim.sgd(0.1), compile="numpy")


# Checkpoints


@pytest.fixture(autouse=True)
def _no_waiting_for_the_disk(monkeypatch):
    """Hundreds of small files are written here; whether they would outlive a power cut is not the question."""
    monkeypatch.setattr(os, "fsync", lambda number: None)


class Killed(Exception):
    """The end of a process, for a test that must survive it."""


def killed_after(calls, function):
    """The function, until it has been called so often."""
    count = 0

    def mortal(*args):
        nonlocal count
        count += 1
        if count > calls:
            raise Killed
        return function(*args)

    return mortal


RULES = {
    "gradient descent": lambda: optim.sgd(0.02),
    "auto": lambda: optim.momentum(),
    "adam": lambda: optim.adam(0.05),
    "chain": lambda: optim.chain(optim.clip_by_norm(1.0), optim.adamw(0.05)),
    "schedule": lambda: optim.nesterov(optim.schedules.cosine(0.02, 40)),
    "plateau": lambda: optim.sgd(optim.schedules.Plateau(0.05, factor=0.7, patience=0, threshold=0.9)),
    "L-BFGS": lambda: optim.lbfgs(),
    "clipped L-BFGS": lambda: optim.chain(optim.clip_by_norm(1.0), optim.lbfgs()),
    "schedule-free": lambda: optim.schedule_free_adamw(0.05),
    "averaged": lambda: optim.asgd(0.02),
    "accumulated": lambda: optim.accumulate(optim.adam(0.05), 3),
}


@pytest.mark.parametrize("size", [None, 13])
@pytest.mark.parametrize("rule", RULES)
def test_a_run_that_was_killed_ends_as_if_it_had_not_been(tmp_path, rule, size):
    options = {
        "data": noisy_line(), "batch_size": size, "epochs": 6, "validation": 0.25, "trajectory": True, "tolerance": 0.0,
    }  # fmt: skip
    whole = optim.minimize(linear, START, RULES[rule](), **options)
    keeping = {**options, "checkpoint": tmp_path / "run.npz", "checkpoint_every": 0}
    for calls in (9, 17, 26, 1000):
        try:
            result = optim.minimize(killed_after(calls, linear), START, RULES[rule](), resume=True, **keeping)
        except Killed:
            continue
        break
    assert same(result.params, whole.params)
    assert same(vars(result.history), vars(whole.history))
    assert (result.steps, result.epochs, result.reason, result.best_epoch) == (
        whole.steps, whole.epochs, whole.reason, whole.best_epoch,
    )  # fmt: skip


@pytest.mark.parametrize("measure", ["full", "batches"])
def test_an_early_stop_is_the_same_after_a_kill(tmp_path, measure):
    options = {"data": noisy_line(), "batch_size": 5, "validation": 0.25, "early_stopping": 2, "measure": measure}
    whole = optim.minimize(linear, START, optim.sgd(0.05), **options)
    keeping = {**options, "checkpoint": tmp_path / "run.safetensors", "checkpoint_every": 0, "resume": True}
    with pytest.raises(Killed):
        optim.minimize(killed_after(25, linear), START, optim.sgd(0.05), **keeping)
    result = optim.minimize(linear, START, optim.sgd(0.05), **keeping)
    assert whole.reason == result.reason == "the validation loss stopped falling"
    assert same(result.params, whole.params)
    assert result.loss == whole.loss


def test_more_epochs_prolong_a_run_that_was_over(tmp_path):
    options = {"data": noisy_line(), "batch_size": 13, "checkpoint": tmp_path / "run.npz"}
    whole = optim.minimize(linear, START, optim.adam(0.01), data=noisy_line(), batch_size=13, epochs=9)
    for epochs in (4, 4, 9):
        result = optim.minimize(linear, START, optim.adam(0.01), epochs=epochs, resume=True, **options)
        assert result.epochs == epochs
    assert same(result.params, whole.params)
    assert (result.history.losses == whole.history.losses).all()


def test_without_resume_a_run_begins_anew(tmp_path):
    options = {"data": noisy_line(), "checkpoint": tmp_path / "run.npz", "epochs": 3}
    first, second = (optim.minimize(linear, START, optim.adam(0.01), **options) for _ in range(2))
    assert same(first.params, second.params)
    assert second.epochs == 3


# fmt: off
OTHERS = [
    ({"algorithm": optim.adam(0.02)},  "its algorithm is Adam, learning_rate 0.01"),
    ({"algorithm": optim.sgd(0.01)},   "its algorithm is Adam"),
    ({"batch_size": 6},                "its batch size is 5, now it is 6"),
    ({"seed": 1},                      "its seed is 0, now it is 1"),
    ({"data": noisy_line(59)},         "its data is (60, 3), (60,), now it is (59, 3), (59,)"),
    ({"start": {"w": np.zeros(3, np.float32), "b": 0.0}}, "its parameters is (3,) float64, () float64"),
    ({"validation": 0.3},              "its validation is False, now it is 0.3"),
    ({"measure": "batches"},           "its measure is 'full', now it is 'batches'"),
]
# fmt: on


@pytest.mark.parametrize(("change", "words"), OTHERS)
def test_the_checkpoint_of_another_run_is_refused(tmp_path, change, words):
    options = {"start": START, "algorithm": optim.adam(0.01), "data": noisy_line(), "batch_size": 5, "epochs": 1}
    options |= {"checkpoint": tmp_path / "run.npz"}
    optim.minimize(linear, **options)
    with pytest.raises(HyperparameterError) as error:
        optim.minimize(linear, **{**options, **change, "resume": True})
    assert words in str(error.value)
    assert "or resume=False to begin anew" in str(error.value)


def test_what_is_no_checkpoint_is_told(tmp_path):
    path = tmp_path / "run.npz"
    data.save(path, {"w": np.ones(3)})
    with pytest.raises(HyperparameterError, match=r"run\.npz holds no run"):
        optim.minimize(bowl, np.zeros(2), checkpoint=path, resume=True)
    path.write_bytes(b"PK and nothing")
    with pytest.raises(DataError, match="cannot read"):
        optim.minimize(bowl, np.zeros(2), checkpoint=path, resume=True)
    with pytest.raises(DataError, match="cannot write"):
        optim.minimize(bowl, np.zeros(2), checkpoint=tmp_path / "nowhere" / "run.npz", epochs=1)


def test_a_run_that_diverges_leaves_the_last_good_checkpoint(tmp_path):
    options = {"start": np.array([-1.0, 2.0]), "algorithm": optim.sgd(0.6), "checkpoint": tmp_path / "run.npz"}
    optim.minimize(bowl, epochs=3, **options)
    with pytest.raises(DivergenceError):
        optim.minimize(bowl, resume=True, **options)
    assert optim.minimize(bowl, epochs=3, resume=True, **options).epochs == 3


MORTAL = """
import os, signal, sys
import numpy as np
from tinygrad_edu import data, losses, optim

path, deaths, place = sys.argv[1], int(sys.argv[2]), sys.argv[3]

def die_at(name, function):
    def mortal(*args):
        global deaths
        deaths -= name == place
        if deaths == 0:
            os.kill(os.getpid(), signal.SIGKILL)
        return function(*args)
    return mortal

os.fsync, os.replace = die_at("fsync", os.fsync), die_at("replace", os.replace)
table = data.load_iris()
x, y = data.standardize(table.features).features, table.target.astype(int)
loss = die_at("loss", lambda p, x, y: losses.cross_entropy(x @ p["w"] + p["b"], y))
optim.minimize(loss, "zeros", optim.adam(0.01), shapes={"w": (4, 3), "b": 3}, data=(x, y), batch_size=16, epochs=4,
               checkpoint=path, checkpoint_every=0, resume=True)
"""


def run_mortal(path, deaths, place):
    command = [sys.executable, "-c", MORTAL, str(path), str(deaths), place]
    return subprocess.run(command, capture_output=True, cwd=os.path.dirname(os.path.dirname(__file__))).returncode


def test_a_process_killed_in_the_middle_ends_with_the_same_bits(tmp_path):
    """At a step, while the file is brought to the disk, and just before it takes its name."""
    assert run_mortal(tmp_path / "whole.npz", -1, "nowhere") == 0
    for deaths, place in ((15, "loss"), (11, "fsync"), (7, "replace")):
        assert run_mortal(tmp_path / "killed.npz", deaths, place) == -signal.SIGKILL
    assert run_mortal(tmp_path / "killed.npz", -1, "nowhere") == 0
    whole, killed = (data.load(tmp_path / name)["snapshot"] for name in ("whole.npz", "killed.npz"))
    assert same(whole, killed)
    assert len(list(tmp_path.iterdir())) == 2  # the halves that the killed ones left are gone


# Interruption


def test_ctrl_c_ends_the_run_after_the_step_and_keeps_what_was_found(tmp_path):
    options = {"data": noisy_line(), "batch_size": 13, "epochs": 6, "checkpoint": tmp_path / "run.npz"}
    whole = optim.minimize(linear, START, optim.adam(0.01), **{**options, "checkpoint": None})
    calls = 0

    def interrupted(*args):
        nonlocal calls
        calls += 1
        if calls == 9:
            signal.raise_signal(signal.SIGINT)
        return linear(*args)

    result = optim.minimize(interrupted, START, optim.adam(0.01), **options)
    assert (result.reason, result.epochs, result.steps, result.converged) == ("interrupted", 1, 7, False)
    assert np.isfinite(result.params["w"]).all()
    assert signal.getsignal(signal.SIGINT) is signal.default_int_handler
    again = optim.minimize(linear, START, optim.adam(0.01), resume=True, **options)
    assert same(again.params, whole.params)


def test_ctrl_c_ends_a_run_of_full_batches():
    def interrupt(moment):
        if moment.epoch == 4:
            signal.raise_signal(signal.SIGINT)

    result = optim.minimize(bowl, np.array([-1.0, 2.0]), optim.sgd(0.01), callbacks=[interrupt])
    assert (result.reason, result.epochs, len(result.history.losses)) == ("interrupted", 4, 5)


def test_a_second_ctrl_c_interrupts_at_once():
    with pytest.raises(KeyboardInterrupt), interruptible() as pressed:
        signal.raise_signal(signal.SIGINT)
        assert pressed()
        signal.raise_signal(signal.SIGINT)
    assert signal.getsignal(signal.SIGINT) is signal.default_int_handler


def test_a_handler_of_the_programs_own_is_left_alone():
    mine = lambda number, frame: None
    signal.signal(signal.SIGINT, mine)
    try:
        with interruptible() as pressed:
            signal.raise_signal(signal.SIGINT)
            assert not pressed()
            assert signal.getsignal(signal.SIGINT) is mine
    finally:
        signal.signal(signal.SIGINT, signal.default_int_handler)


def test_a_run_in_another_thread_is_not_asked():
    found = []
    thread = threading.Thread(target=lambda: found.append(optim.minimize(bowl, np.zeros(2)).converged))
    thread.start()
    thread.join()
    assert found == [True]


# Losses that turn NaN


def rooted(x):
    return np.sqrt(x - 1) + x


def test_a_loss_that_turns_nan_stops_with_the_operation_that_made_it():
    with pytest.raises(DivergenceError) as error:
        optim.minimize(rooted, 1.5, optim.sgd(0.5))
    words = str(error.value)
    assert "gradient descent diverged: the loss went from 2.207 to nan in 1 steps with learning rate 0.5" in words
    assert "sqrt makes nan" in words
    assert "return np.sqrt(x - 1) + x" in words
    assert type(error.value.__cause__).__name__ == "AnomalyError"
    assert error.value.result.params == pytest.approx(0.6464, abs=1e-4)


def test_a_nan_in_a_mini_batch_names_the_operation_and_the_step():
    x = np.array([1.0, 2.0, 3.0, -1.0])
    with pytest.raises(DivergenceError) as error:
        optim.minimize(lambda w, x: np.mean(np.log(x + w) ** 2), 0.0, optim.sgd(0.1), data=x, batch_size=1,
                       measure="batches", seed=2)  # fmt: skip
    assert "log makes nan" in str(error.value)
    assert "= nan" in str(error.value)
    assert error.value.result.epochs == 0
    assert np.isfinite(error.value.result.params)


def test_a_gradient_that_turns_nan_is_found_one_step_later():
    """The loss at 0 is finite, the slope of its root is not; what follows is only the consequence."""

    def kinked(w, x):
        return np.sum(np.sqrt(np.abs(w - 1) * x))

    for measure in ("full", "batches"):
        with pytest.raises(DivergenceError) as error:
            optim.minimize(kinked, np.array(1.0), optim.sgd(0.1), data=np.ones(4), batch_size=2, measure=measure)
        assert "sqrt" in str(error.value)


def test_a_nan_of_the_data_is_told_at_the_start():
    with pytest.raises(DivergenceError, match=r"the data\[0\] is not finite at \[0, 0\]. Fill it in"):
        optim.minimize(linear, START, optim.sgd(0.1), data=(np.full((4, 3), np.nan), np.ones(4)))


# Words


def test_bouncing_from_side_to_side_is_told():
    for_ever, closer, straight = (
        optim.minimize(bowl, np.array([-1.0, 2.0]), optim.sgd(rate), epochs=30).reason for rate in (0.5, 0.49, 0.05)
    )
    assert for_ever == (
        "the epochs are used up: the point bounces from side to side, and the loss does not fall. The learning rate is "
        "too large: try half of it"
    )
    assert "the point bounces from side to side, a little closer each time" in closer
    assert straight == "the epochs are used up"
    assert optim.minimize(bowl, np.array([-1.0, 2.0]), optim.sgd(0.2), epochs=2).reason == straight  # it only turns


def test_bouncing_is_not_converging_with_batches_either():
    """At 2/λ the loss stands still at every epoch, while the point flips between 0 and 2."""
    options = {"data": np.ones(4), "batch_size": 4, "epochs": 50}
    result = optim.minimize(lambda p, x: np.mean((p - x) ** 2), 0.0, optim.sgd(1.0), **options)
    assert (result.converged, result.loss) == (False, 1.0)


# fmt: off
WRONG = [
    ({"validation": 0.2},                                    "validation is 0.2, with 0 arrays of data"),
    ({"validation": 1.0, "data": noisy_line()},              "validation is 1.0, with 2 arrays"),
    ({"validation": 1, "data": noisy_line()},                "validation is 1, with 2 arrays"),
    ({"validation": True, "data": noisy_line()},             "validation is True"),
    ({"batch_size": 2.5, "data": noisy_line()},              "batch_size is 2.5, with 2 arrays"),
    ({"epochs": 2.5},                                        "epochs is 2.5. Expected 0 or more, a whole number"),
    ({"early_stopping": 2.5, "validation": 0.2, "data": noisy_line()}, "early_stopping is 2.5"),
    ({"early_stopping": 3},                                  "early_stopping is 3, with validation=none"),
    ({"early_stopping": 0, "validation": 0.2, "data": noisy_line()}, "early_stopping is 0"),
    ({"callbacks": print},                                   "Expected a list of functions, such as [show]"),
    ({"callbacks": [1]},                                     "callbacks are [1]"),
    ({"measure": "all"},                                     "measure is 'all'. Expected 'full' or 'batches'"),
    ({"checkpoint_every": -1},                               "checkpoint_every is -1"),
    ({"resume": True},                                       "resume=True without a checkpoint"),
]
# fmt: on


@pytest.mark.parametrize(("options", "words"), WRONG)
def test_what_a_run_cannot_be_asked_for_is_told(options, words):
    with pytest.raises(HyperparameterError) as error:
        optim.minimize(bowl, np.zeros(2), **options)
    assert words in str(error.value)


class Terminal:
    """A stderr that says it is a terminal, and remembers what it is told."""

    def __init__(self):
        self.text = ""

    def write(self, text):
        self.text += text

    def flush(self):
        pass

    def isatty(self):
        return True


@pytest.mark.parametrize("size", [None, 20])
def test_the_bar_shows_loss_gradient_and_rate(monkeypatch, size):
    monkeypatch.setattr(sys, "stderr", terminal := Terminal())
    monkeypatch.setenv("TERM", "xterm")
    monkeypatch.setenv("COLUMNS", "120")
    monkeypatch.setattr(progress, "PERIOD", 0.0)
    optim.minimize(linear, START, optim.sgd(0.0125), data=noisy_line(), batch_size=size, epochs=3, progress=True)
    for word in ("loss", "gradient", "rate 0.0125"):
        assert word in terminal.text
    assert "gradient nan" not in terminal.text


def test_nothing_of_a_run_is_left_in_the_module():
    assert not [name for name, value in vars(minimizing).items() if isinstance(value, list | dict) and name[0] != "_"]


def test_a_run_that_ends_higher_than_it_began_is_told():
    """Far out log cosh is nearly straight: its curvature, 4e-20, asks for a leap."""
    found = optim.minimize(lambda w: losses.log_cosh(w, np.array(23.0)), np.array(0.0), optim.momentum(), epochs=20)
    assert not found.converged
    assert "higher than at the start" in found.reason


def test_lbfgs_ends_where_changes_of_the_gradient_round_to_nothing():
    """A loss without a minimum: two separable classes."""
    x, y = np.array([[-1.0], [1.0]]), np.array([0.0, 1.0])
    found = optim.minimize(lambda p: losses.logistic_loss(x @ p, y), np.zeros(1), optim.lbfgs())
    assert found.converged
    assert 0 <= found.loss < 1e-100


def test_what_is_wrong_with_a_descent_is_told_from_what_is_not():
    bowl = lambda w: np.sum(w**2)
    with pytest.raises(DivergenceError, match="falls without bound"):
        optim.minimize(lambda w: -bowl(w), np.ones(3), optim.gradient_descent(0.1))
    with pytest.raises(DivergenceError, match="led to where the loss has no value"):
        optim.minimize(lambda w: np.sum(np.sqrt(w)), np.ones(3), optim.gradient_descent(3.0))
    with pytest.raises(DtypeError, match="whole numbers"):
        optim.minimize(bowl, np.array([1, 2]))
    with pytest.raises(DataError, match="there are no examples"):
        optim.minimize(lambda w, x: np.sum((x @ w) ** 2), np.ones(2), data=(np.ones((0, 2)),))
