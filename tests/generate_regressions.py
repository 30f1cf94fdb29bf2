"""Write data/regressions.json: the optima of regressions on bundled data, as statsmodels and scikit-learn find them.

Not a test, and not run in continuous integration: it needs both packages, and its numbers change only when a case is
added. `test_models` descends to the same places. Where a package offers several solvers, the one with the most exact
answer is taken, with its tolerance as tight as it goes.

    python tests/generate_regressions.py
"""

import json
import sys
from pathlib import Path

import numpy as np
import sklearn
import statsmodels
import statsmodels.api as sm
from sklearn.linear_model import LogisticRegression, Ridge

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from tinygrad_edu import data

DATA = Path(__file__).parent / "data" / "regressions.json"


def own_units(table, params):
    """Of a statsmodels fit on standardised features with the constant first."""
    scale = data.standardize(table.features).scale
    w, b = scale.original(np.asarray(params[1:]), float(params[0]))
    return {"units": "data", "coefficients": w.tolist(), "intercept": b}


def design(table):
    return sm.add_constant(data.standardize(table.features).features)


def ols():
    table = data.load_diabetes()
    fit = sm.OLS(table.target, sm.add_constant(table.features)).fit(method="qr")
    return {"data": "diabetes", "by": "statsmodels OLS", "units": "data",
            "coefficients": fit.params[1:].tolist(), "intercept": float(fit.params[0])}  # fmt: skip


def ridge(penalty=0.1):
    """sklearn minimises the sum of squares + α Σ w²; here it is the mean + λ Σ w², so α = n λ."""
    table = data.load_auto_mpg()
    x = data.standardize(table.features).features
    fit = Ridge(alpha=penalty * len(x), solver="svd", tol=1e-15).fit(x, table.target)
    return {"data": "auto_mpg", "by": "scikit-learn Ridge", "units": "standard", "ridge": penalty,
            "coefficients": fit.coef_.tolist(), "intercept": float(fit.intercept_)}  # fmt: skip


def logistic(penalty=0.01):
    """sklearn minimises C Σ loss + Σ w²/2; here it is the mean + λ Σ w², so C = 1/(2 n λ)."""
    table = data.load_breast_cancer()
    x = data.standardize(table.features).features
    fit = LogisticRegression(C=1 / (2 * len(x) * penalty), solver="newton-cholesky", tol=1e-14, max_iter=1000)
    fit.fit(x, table.target)
    return {"data": "breast_cancer", "by": "scikit-learn LogisticRegression", "units": "standard", "ridge": penalty,
            "coefficients": fit.coef_[0].tolist(), "intercept": float(fit.intercept_[0])}  # fmt: skip


def softmax(penalty=0.01):
    table = data.load_digits()
    x = data.standardize(table.features).features
    fit = LogisticRegression(C=1 / (2 * len(x) * penalty), solver="newton-cholesky", tol=1e-14, max_iter=1000)
    fit.fit(x, table.target.astype(int))
    shift = fit.intercept_ - fit.intercept_.mean()  # the same number may be added to all of them
    return {"data": "digits", "by": "scikit-learn LogisticRegression", "units": "standard", "ridge": penalty,
            "coefficients": fit.coef_.T.tolist(), "intercept": shift.tolist()}  # fmt: skip


def poisson():
    table = data.load_bike_sharing()
    fit = sm.GLM(table.target, design(table), family=sm.families.Poisson()).fit(tol=1e-15, maxiter=100)
    return {"data": "bike_sharing", "by": "statsmodels GLM", **own_units(table, fit.params)}


def huber():
    """RLM sets its scale by the data; in the end the coefficients minimise Huber's loss with δ = 1.345 of it."""
    table = data.load_diabetes()
    fit = sm.RLM(table.target, design(table), M=sm.robust.norms.HuberT(t=1.345)).fit(tol=1e-15, maxiter=1000)
    return {"data": "diabetes", "by": "statsmodels RLM", "delta": float(1.345 * fit.scale),
            **own_units(table, fit.params)}  # fmt: skip


def main():
    cases = {"linear": ols(), "ridge": ridge(), "logistic": logistic(), "softmax": softmax(), "poisson": poisson(),
             "huber": huber()}  # fmt: skip
    found = {"statsmodels": statsmodels.__version__, "scikit-learn": sklearn.__version__, "cases": cases}
    DATA.write_text(json.dumps(found, indent=1).replace("\n     ", " ").replace("\n    ]", "]") + "\n")


if __name__ == "__main__":
    main()
