"""The data sets that come with the package: real measurements, in their own units.

Each is a file beside this one, read by the same `read_csv` or `read_npz` that reads your own. SOURCES.md tells where
the figures come from and on what terms.
"""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from .arrays import read_npz
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


def load_breast_cancer() -> Dataset:
    """569 lumps in breasts: thirty measurements of cell nuclei under the microscope, and whether it was cancer.

    Returns
    -------
    Dataset
        Features (569, 30): ten properties of the nuclei in an image, each as its mean, its standard error and its mean
        over the three largest; lengths are in the camera's own unit. Target (569,): 0 benign (357), 1 malignant (212).
        The classes can be told apart completely by a plane in thirty dimensions.

    References
    ----------
    W. N. Street, W. H. Wolberg, O. L. Mangasarian (1993). Nuclear feature extraction for breast tumor diagnosis. SPIE
    1905, 861-870. CC BY 4.0, UCI Machine Learning Repository, doi:10.24432/C5DW2B; see SOURCES.md.

    Examples
    --------
    >>> lumps = load_breast_cancer()
    >>> lumps, int(lumps.target.sum())
    (Dataset(569 examples, 30 features, target 'diagnosis'), 212)
    """
    table = read_csv(_FOLDER / "breast_cancer.csv.gz", target="diagnosis", classes=("benign", "malignant"))
    return replace(
        table,
        description="569 breast masses: thirty measurements of cell nuclei, and whether they were malignant.",
        units=dict.fromkeys(table.feature_names, "of the image"),
        citation="Street, Wolberg, Mangasarian (1993), Nuclear feature extraction for breast tumor diagnosis, SPIE",
        source="https://doi.org/10.24432/C5DW2B",
        licence="CC BY 4.0",
    )


def load_digits() -> Dataset:
    """1,797 digits written by thirteen people: images of 8 x 8 grey pixels, and which digit each one is.

    Returns
    -------
    Dataset
        Features (1797, 64): 0 (white) to 16 (black), row after row; ``features.reshape(-1, 8, 8)`` are the images.
        Target (1797,): 0 to 9, about 180 of each.

    References
    ----------
    E. Alpaydin, C. Kaynak (1998). Cascading classifiers. Kybernetika 34, 369-374. CC BY 4.0, UCI Machine Learning
    Repository, doi:10.24432/C50P49; see SOURCES.md.

    Examples
    --------
    >>> digits = load_digits()
    >>> digits, int(digits.target[0])
    (Dataset(1797 examples, 64 features, target 'digit'), 0)
    >>> for row in digits.features[0].reshape(8, 8):
    ...     print("".join(" .:*#"[int(shade) // 4] for shade in row).rstrip())
      .*:
      **:*.
      *  ::
     .*  ::
     .:  ::
     .:  *.
      *.:*
      .*:
    """
    names = [f"pixel_{row}_{column}" for row in range(8) for column in range(8)]
    return replace(
        read_npz(_FOLDER / "digits.npz", names=names, classes=tuple("0123456789")),
        target_name="digit",
        description="1,797 handwritten digits as images of 8 x 8 pixels.",
        units=dict.fromkeys(names, "dark pixels of 16"),
        citation="Alpaydin, Kaynak (1998), Cascading classifiers, Kybernetika 34, 369-374",
        source="https://doi.org/10.24432/C50P49",
        licence="CC BY 4.0",
    )


def load_auto_mpg() -> Dataset:
    """How far 392 cars of 1970 to 1982 went on a gallon.

    Returns
    -------
    Dataset
        Features (392, 7): cylinders, displacement, horsepower, weight, acceleration, model year, origin (1 America, 2
        Europe, 3 Japan). Target (392,): miles per gallon, 9 to 46.6. Cars without a horsepower are left out.

    References
    ----------
    J. R. Quinlan (1993). Combining instance-based and model-based learning. ICML, 236-243. CC BY 4.0, UCI Machine
    Learning Repository, doi:10.24432/C5859H; see SOURCES.md.

    Examples
    --------
    >>> cars = load_auto_mpg()
    >>> cars, round(float(cars.target.mean()), 2)
    (Dataset(392 examples, 7 features, target 'mpg'), 23.45)
    """
    return replace(
        read_csv(_FOLDER / "auto_mpg.csv", target="mpg"),
        description="392 cars, 1970 to 1982: engine, weight, age and origin, and the miles they went on a gallon.",
        units={
            "displacement": "cubic inches", "horsepower": "hp", "weight": "pounds", "acceleration": "s to 60 mph",
            "year": "years since 1900", "origin": "1 America, 2 Europe, 3 Japan", "mpg": "miles per US gallon",
        },
        citation="Quinlan (1993), Combining instance-based and model-based learning, ICML, 236-243",
        source="https://doi.org/10.24432/C5859H",
        licence="CC BY 4.0",
    )  # fmt: skip


def load_bike_sharing() -> Dataset:
    """How many bicycles were lent in Washington, D.C. on each day of 2011: counts, for Poisson regression.

    Returns
    -------
    Dataset
        Features (365, 7): day of the year, season (1 winter to 4 autumn), holiday, working day, and the day's mean
        temperature, humidity and wind speed, scaled to 0 to 1. Target (365,): rentals, whole numbers.

    References
    ----------
    H. Fanaee-T, J. Gama (2014). Event labeling combining ensemble detectors and background knowledge. Progress in
    Artificial Intelligence 2, 113-127. CC BY 4.0, UCI Machine Learning Repository, doi:10.24432/C5W894; see SOURCES.md.

    Examples
    --------
    >>> bikes = load_bike_sharing()
    >>> bikes, int(bikes.target.sum())
    (Dataset(365 examples, 7 features, target 'rentals'), 1243103)
    """
    return replace(
        read_csv(_FOLDER / "bike_sharing.csv", target="rentals"),
        description="The bicycles lent in Washington, D.C. on each day of 2011, with the calendar and the weather.",
        units={
            "season": "1 winter to 4 autumn", "holiday": "0 or 1", "workingday": "0 or 1",
            "temperature": "0 to 1 for -8 to 39 °C", "humidity": "0 to 1", "windspeed": "of 67 km/h",
            "rentals": "bicycles",
        },
        citation="Fanaee-T, Gama (2014), Event labeling combining ensemble detectors and background knowledge, "
        "Prog. Artif. Intell. 2, 113-127",
        source="https://doi.org/10.24432/C5W894",
        licence="CC BY 4.0",
    )  # fmt: skip
