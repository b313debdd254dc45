"""The language of plain text as its commonest words tell it: quick, and silent wherever there is doubt.

Six languages in which much is written and whose little words tell them from their neighbours. Where too few of them
stand in a text, or words of two languages do, nothing is said: a better judge, which is slow, must be asked.
"""

from __future__ import annotations

import re

_WORDS = {
    "de": """der die das und in den von zu ist nicht mit ein eine dem des auf für im sich es auch als an werden aus er
        hat dass sie nach wird bei einer um am sind noch wie einem über einen so zum war haben nur oder aber vor zur
        bis mehr durch man kann""",
    "en": """the of and to in is that for it was on with as are be this by at from have not but they you we he his her
        their which has had were been will would there what when who can""",
    "es": """el la los las de del y a en que es un una por con para su no se lo al como más pero sus le ya o este sí
        porque esta entre cuando muy sin sobre ser tiene también fue había era hasta desde está han""",
    "fr": """le la les de des du un une et à en est que qui dans pour sur pas au aux par avec ce cette ces il elle nous
        vous ils sont plus ou mais son sa ses se ne été être ont""",
    "it": """il lo la i gli le di del della dei delle e a in che è un una per con non si da al alla dal nel nella sono
        come ma anche più ha hanno questo questa su sul o se ci essere stato""",
    "pt": """o a os as de do da dos das e em no na nos nas que é um uma por com para não se ao à mais mas foi como ou
        seu sua são ser tem também até pelo pela isso este esta entre""",
}
_COMMON = tuple((language, frozenset(words.split())) for language, words in _WORDS.items())
_WORD = re.compile(r"[^\W\d_]+")
_LEAST_WORDS = 20
_SHARE = 0.2
_SHARE_AMONG_NEIGHBOURS = 0.25
_WITH_NEIGHBOURS = frozenset({"es", "fr", "it", "pt"})
"""Languages near others that are not among the six: Asturian, Galician, Occitan."""
_LEAD = 2


def by_common_words(text: str) -> str | None:
    """`de`, `en`, `es`, `fr`, `it` or `pt` where a fifth or a quarter of the words are its commonest ones.

    None with fewer than 20 words, and where another of the six has more than half as many of its own.
    """
    words = _WORD.findall(text.lower())
    if len(words) < _LEAST_WORDS:
        return None
    counts = sorted(((sum(map(common.__contains__, words)), language) for language, common in _COMMON), reverse=True)
    (most, language), (next_most, _) = counts[:2]
    share = _SHARE_AMONG_NEIGHBOURS if language in _WITH_NEIGHBOURS else _SHARE
    return language if most >= share * len(words) and most >= _LEAD * next_most else None
