"""A page as one sealed file of HTML: one style, one script, data, and a policy that lets in nothing else.

The content security policy allows the style and the script by their hashes, and no address at all: the page needs no
network, and whatever a name or a line of source says, it cannot run. A letter that could end a script element is
written as its number.
"""

from __future__ import annotations

import base64
import hashlib
import json
from html import escape
from typing import Any

UNSAFE = {"<": "\\u003c", ">": "\\u003e", "&": "\\u0026", "\u2028": "\\u2028", "\u2029": "\\u2029"}


def sealed_page(title: str, css: str, js: str, body: str, data: Any) -> str:
    """The whole page.

    Parameters
    ----------
    title : str
        As plain text; it is escaped and cut.
    css, js : str
        Ours; the script is the only one that runs.
    body : str
        HTML, escaped already.
    data : object
        What the script reads from the element `data`, as JSON.

    >>> page = sealed_page("1 < 2", "p { margin: 0 }", "", "<p>1 &lt; 2</p>", {"x": "</script>"})
    >>> "<title>1 &lt; 2</title>" in page, page.count("</script>")
    (True, 2)
    """
    allowed = f"style-src '{_hash(css)}'; script-src '{_hash(js)}'"
    policy = f"default-src 'none'; {allowed}; base-uri 'none'; form-action 'none'"
    return f"""<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="{policy}">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>{escape(title[:120])}</title>
<style>{css}</style>
</head>
<body>
<main>
{body}
</main>
<script type="application/json" id="data">{_safe(data)}</script>
<script>{js}</script>
</body>
</html>
"""


def _hash(text: str) -> str:
    return "sha256-" + base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()


def _safe(data: Any) -> str:
    """JSON that cannot end its script element, whatever stands in it."""
    text = json.dumps(data, ensure_ascii=False, separators=(",", ":"), allow_nan=False)
    return "".join(UNSAFE.get(c, c) for c in text)
