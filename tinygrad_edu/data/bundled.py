"""The data sets that come with the package: real measurements, in their own units.

Each is a CSV file beside this one, read by the same `read_csv` that reads your own. SOURCES.md tells where the
figures come from and on what terms.
"""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from .dataset import Dataset
from .reading import read_csv

_FOLDER = Path(__file__).parent


def load_diabetes() -> Dataset:
    """Disease progression of 442 diabetes patients, one year after ten measurements.

    Returns
    -------
    Dataset
        Features (442, 10): age, sex, body mass index, blood pressure, six blood serum measurements, in raw units;
        target (442,): a measure of progression from 25 to 346.

    References
    ----------
    B. Efron, T. Hastie, I. Johnstone, R. Tibshirani (2004). Least Angle Regression. Annals of Statistics 32, 407-499.
    The authors state no licence; see SOURCES.md.

    Examples
    --------
    >>> diabetes = load_diabetes()
    >>> diabetes
    Dataset(442 examples, 10 features, target 'progression')
    >>> round(float(diabetes.target.mean()), 1), diabetes.units["body_mass_index"]
    (152.1, 'kg/m²')
    """
    return replace(
        read_csv(_FOLDER / "diabetes.csv", target="progression"),
        description="442 diabetes patients: ten measurements, and the progression of the disease one year later.",
        units={
            "age": "years", "sex": "1 or 2", "body_mass_index": "kg/m²", "blood_pressure": "mmHg",
            "total_cholesterol": "mg/dl", "ldl": "mg/dl", "hdl": "mg/dl", "total_over_hdl": "ratio",
            "log_triglycerides": "log(mg/dl)", "blood_sugar": "mg/dl", "progression": "score",
        },
        citation="Efron, Hastie, Johnstone, Tibshirani (2004), Least Angle Regression, Ann. Statist. 32, 407-499",
        source="https://www4.stat.ncsu.edu/~boos/var.select/diabetes.html",
        licence="none stated by the authors; measured facts, published for study",
    )  # fmt: skip


def load_iris() -> Dataset:
    """Fisher's irises: four lengths of 150 flowers, and which of three species each one is.

    Returns
    -------
    Dataset
        Features (150, 4) in centimetres; target (150,): 0 setosa, 1 versicolor, 2 virginica, 50 of each. Setosa can
        be told from the others by a straight line; versicolor and virginica cannot be told apart completely.

    References
    ----------
    R. A. Fisher (1936). The use of multiple measurements in taxonomic problems. Annals of Eugenics 7, 179-188.
    CC BY 4.0, UCI Machine Learning Repository, doi:10.24432/C56C76; see SOURCES.md.

    Examples
    --------
    >>> iris = load_iris()
    >>> iris
    Dataset(150 examples, 4 features, target 'species')
    >>> iris.classes
    ('setosa', 'versicolor', 'virginica')
    """
    return replace(
        read_csv(_FOLDER / "iris.csv", target="species", classes=("setosa", "versicolor", "virginica")),
        description="150 iris flowers of three species: lengths and widths of their sepals and petals.",
        units=dict.fromkeys(("sepal_length", "sepal_width", "petal_length", "petal_width"), "cm"),
        citation="Fisher (1936), The use of multiple measurements in taxonomic problems, Ann. Eugenics 7, 179-188",
        source="https://doi.org/10.24432/C56C76",
        licence="CC BY 4.0",
    )
