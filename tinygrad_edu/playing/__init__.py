"""Playing: gradient descent by hand, on a page that needs nothing but a browser.

`scene.py` says what is descended, `methods.py` how, `words.py` what is said of a learning rate. `javascript.py` writes
the recorded program of a function and its gradient in the browser's language; the page is put together in `page.py`.
"""

from .ground import Playground, playground
from .presets import PRESETS
from .scene import Scene
from .words import Verdict, verdict

__all__ = ["PRESETS", "Playground", "Scene", "Verdict", "playground", "verdict"]
