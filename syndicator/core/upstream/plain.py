"""Plain text as the HTML that it means."""

from __future__ import annotations

import html as _html

from syndicator.core import html
from syndicator.core.text import clean_text


def paragraphs(text: str) -> str:
    """Plain text as clean HTML: empty lines part paragraphs, other line ends are kept."""
    blocks: list[list[str]] = [[]]
    for part in clean_text(text).split("\n"):
        if part.strip():
            blocks[-1].append(_html.escape(part.strip(), quote=False))
        elif blocks[-1]:
            blocks.append([])
    return html.clean("\n".join(f"<p>{'<br>'.join(block)}</p>" for block in blocks if block))
