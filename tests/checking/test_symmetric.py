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


def test_an_argument_that_is_not_symmetric_is_told_as_well():
    report = tg.check(np.linalg.cholesky, np.array([[4.0, 5.0], [1.0, 3.0]]))
    assert report.verdict == "inconclusive" and "as if a were symmetric" in report.reason and not report.mistake


def test_a_wrong_gradient_of_a_triangle_fails():
    solve = lambda L, b: np.linalg.solve(np.tril(L), b)

    def vjp(g, L, b):
        c = np.linalg.solve(np.tril(L).T, g)
        return -np.outer(c, solve(L, b)), c  # the upper half is not 0

    assert tg.check_vjp(solve, (A, np.ones(2)), vjp).verdict == "fail"
    masked = lambda g, L, b: (np.tril(vjp(g, L, b)[0]), vjp(g, L, b)[1])
    assert tg.check_vjp(solve, (A, np.ones(2)), masked)


def test_the_projection_is_written_for_hermitian_matrices_and_stacks():
    z = A + 1j * np.array([[0, 1], [-1, 0]])
    assert "project=lambda a: (a + a.conj().T) / 2" in str(tg.check(np.linalg.eigvalsh, z))
    assert "project=lambda a: (a + a.mT) / 2" in str(tg.check(np.linalg.eigvalsh, np.stack([A, A + np.eye(2)])))


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
