"""What has no derivative by nature, and what to use instead; and what only prints.

A row refuses a call on values that are being differentiated. On others it changes nothing: NumPy answers.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from ..errors import NoRuleError
from ..graph import RULES, Op
from .declare import NOTHING, flat


def refuse(why: str, *functions: Callable[..., Any]) -> None:
    """Declare functions that no derivative can pass, with the reason and what to use instead.

    >>> import numpy as np, tinygrad_edu as tg
    >>> np.save("weights.npy", tg.Tensor(1.0, requires_grad=True))
    Traceback (most recent call last):
        ...
    tinygrad_edu.errors.NoRuleError: save: numbers in a file or in bytes have no gradient. Save x.detach()
    """
    for function in functions:
        error = NoRuleError(f"{function.__name__}: {why}")
        RULES[function] = Op(function, NOTHING, NOTHING, "refused", bind=_raiser(error))


def _raiser(error: NoRuleError) -> Callable[..., Any]:
    def bind(*args: Any, **params: Any) -> Any:
        raise error.with_traceback(None)

    return bind


array = np.ndarray

refuse(
    "numbers in a file or in bytes have no gradient. Save x.detach()",
    *(np.save, np.savez, np.savez_compressed, np.savetxt, array.tofile, array.tobytes, array.dump, array.dumps),
)
refuse(
    "other bytes for the same memory are no function that has a derivative. Use x.astype(dtype) for another type, "
    "x.reshape(shape) for another shape, x.real and x.imag for the parts",
    *(array.view, array.getfield, array.setfield, array.byteswap, array.setflags),
)
refuse("it changes the shape in place, which handles elsewhere rely on. Use np.resize(x, shape)", array.resize)
refuse("bits are steps of whole numbers. Call it on x.detach().astype(np.uint8)", np.packbits, np.unpackbits)
refuse(
    "sets compare floats for equality, and jump when an element moves. Use np.unique, or x[mask] with a mask of "
    "np.isin(x.detach(), y)",
    *(np.intersect1d, np.setdiff1d, np.setxor1d, np.union1d),
)
refuse(
    "days are counted, and have no derivative. Compute with floats of days, and convert outside",
    *(np.busday_count, np.busday_offset, np.is_busday, np.datetime_as_string),
)

flat(np.isin, np.array2string, np.array_repr, np.array_str, np.einsum_path)
