"""The same article from several sources: by what it is recognised, and when two are one.

Precision comes first: where two articles might be two, they are two. Nothing is ever decided by a title alone.
"""

from __future__ import annotations

from syndicator.core.duplicates.addresses import canonical
from syndicator.core.duplicates.finding import Bearers, doubles_of
from syndicator.core.duplicates.likeness import Likeness, brought_again, same
from syndicator.core.duplicates.portrait import Portrait, plain, portray

__all__ = ["Bearers", "Likeness", "Portrait", "brought_again", "canonical", "doubles_of", "plain", "portray", "same"]
