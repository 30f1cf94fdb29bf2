"""Functions of symmetric matrices: the report says how to check them, and a wrong gradient still fails."""

import numpy as np
import pytest

import tinygrad_edu as tg
from tinygrad_edu.extend import primitive

A = np.array([[2.0, 1.0], [1.0, 3.0]])


def fold(a):
    return (a + a.T) / 2


@pytest.mark.parametrize("f", [np.linalg.cholesky, np.linalg.eigvalsh, lambda a: np.sum(np.linalg.eigh(a)[0] ** 2)])
def test_a_function_that_reads_one_half_is_inconclusive_and_says_how_to_ask(f):
    report = tg.check(f, A)
    assert report.verdict == "inconclusive" and report.culprit is None
    assert "f reads the lower half of the symmetric a alone" in report.reason.lower()
    assert "give project=lambda a: (a + a.t) / 2, or let f begin with that" in str(report).lower()
    assert tg.check(f, A, project=fold)
    assert tg.check(lambda a: f(fold(a)), A)


def test_the_upper_half_and_arguments_beside_it_are_told():
    report = tg.check(lambda b, K: b @ np.linalg.eigvalsh(K, UPLO="U"), np.array([1.0, 2.0]), A)
    assert report.verdict == "inconclusive" and "f reads the upper half of the symmetric K alone" in report.reason
    assert "project=lambda b, K: (b, (K + K.T) / 2)" in str(report)


def test_a_function_that_refuses_other_matrices_is_told():
    def norm(a):
        if np.any(a != np.conj(a.T)):
            raise ValueError("not Hermitian")
        return np.sum(np.abs(a) ** 2)

    z = A + 1j * np.array([[0, 1], [-1, 0]])
    report = tg.check(norm, z)
    assert report.verdict == "inconclusive" and "f is defined for symmetric a alone" in report.reason


def test_a_wrong_gradient_of_one_half_fails_all_the_same():
    half = primitive(lambda a: np.linalg.cholesky(a), (lambda g, y, a: np.tril(g),))

    assert tg.check(lambda a: np.sum(half(a)), A).verdict == "fail"


def test_what_is_right_without_symmetry_stays_so():
    assert tg.check_vjp(np.tril, (A,), lambda g, a: np.tril(g))
    assert tg.check_vjp(np.tril, (A,), lambda g, a: np.triu(g)).verdict == "fail"


def test_the_operation_is_called_by_its_name():
    report = tg.check(lambda a: np.sum(np.linalg.eigvalsh(a) + np.linalg.eigvals(a).real), A)
    assert "<lambda>" not in str(report)
