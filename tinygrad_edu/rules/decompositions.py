"""Matrix factorisations: cholesky, qr, eigh, eig, svd."""

from __future__ import annotations
