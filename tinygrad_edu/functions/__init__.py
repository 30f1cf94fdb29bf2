"""Functions that NumPy lacks: activations, softmax, convolution, pooling, normalisation, attention and more.

Almost all are NumPy formulae over the table: they take arrays, lists and Tensors alike and know nothing of the engine.
"""

from __future__ import annotations
