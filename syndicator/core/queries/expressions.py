"""The language of filters: one line of text to a tree and back. Nothing of it is ever run as code.

    tag:belarus and not author:"AFP" and title~/rights|detain/ and words>200

`not` binds closest, then `and`, which may be left out, then `or`. `docs/filters.md` is the whole of it.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from typing import TypeAlias

from syndicator.core.queries.fields import FIELDS, check, nearest
from syndicator.errors import BadExpression

LONGEST = 4096
"""How many characters an expression may have."""
_DEEPEST = 32
_MOST_VALUES = 200

_SPACE = re.compile(r"\s*")
_KEYWORD = re.compile(r"(and|or|not)(?=[\s()]|$)", re.IGNORECASE)
_HEAD = re.compile(r"([A-Za-z][A-Za-z_-]*)(:|\s*(?:~|[<>]=?|=))")
_BARE = re.compile(r'[^\s()|"]+')
_QUOTED = re.compile(r'"((?:[^"\\]|\\.)*)"', re.DOTALL)
_PATTERN = re.compile(r"/((?:[^/\\]|\\.)*)/", re.DOTALL)
_PLAIN = re.compile(r"[\w.#*@][\w.#*@/:?&=+-]*")
_OTHER_QUOTES = frozenset("'‘’‚“”„«»")


@dataclass(frozen=True, slots=True, kw_only=True)
class Clause:
    """One thing that is asked of an article.

    `operator` is `:`, `~` or a comparison; `values` are as they were written, without quotes, slashes and escapes: any
    of them will do, and there are several after `:` only.
    """

    field: str
    operator: str
    values: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Not:
    """What the part does not mean."""

    part: Expression


@dataclass(frozen=True, slots=True, kw_only=True)
class And:
    """What all parts mean; two or more, none of them an And."""

    parts: tuple[Expression, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Or:
    """What any of the parts means; two or more, none of them an Or."""

    parts: tuple[Expression, ...]


Expression: TypeAlias = Clause | Not | And | Or


@lru_cache(maxsize=1024)
def parse(text: str) -> Expression:
    """A filter as a tree. Raises BadExpression with what is wrong and the column where.

    At most 4,096 characters, 32 levels of `(` and `not`, and 200 values.
    """
    if len(text) > LONGEST:
        raise BadExpression(f"the filter has {len(text):,} characters; {LONGEST:,} are the most", LONGEST + 1)
    if any("\ud800" <= character <= "\udfff" for character in text):
        raise BadExpression("the filter has a character that is only half of one; write it again")
    return _Parser(text).whole()


def written(expression: Expression) -> str:
    """An expression as a person writes it; `parse` gives the same tree again."""
    if isinstance(expression, Clause):
        return _clause(expression)
    if isinstance(expression, Not):
        return f"not {_grouped(expression.part, (And, Or))}"
    if isinstance(expression, And):
        return " and ".join(_grouped(part, (Or,)) for part in expression.parts)
    return " or ".join(_grouped(part, ()) for part in expression.parts)


def clauses(expression: Expression) -> Iterator[Clause]:
    """Everything that an expression asks, in the order written."""
    if isinstance(expression, Clause):
        yield expression
    elif isinstance(expression, Not):
        yield from clauses(expression.part)
    else:
        for part in expression.parts:
            yield from clauses(part)


def _grouped(part: Expression, looser: tuple[type, ...]) -> str:
    return f"({written(part)})" if isinstance(part, looser) else written(part)


def _clause(clause: Clause) -> str:
    if clause.operator == "~":
        pattern = re.sub(r"\\.|/", lambda found: r"\/" if found[0] == "/" else found[0], clause.values[0], flags=re.S)
        return f"{clause.field}~/{pattern}/"
    quoted = clause.field in ("author", "title", "text")
    return f"{clause.field}{clause.operator}{'|'.join(_value(value, quoted) for value in clause.values)}"


def _value(value: str, quoted: bool) -> str:
    if not quoted and _PLAIN.fullmatch(value):
        return value
    escaped = value.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'


class _Parser:
    """Reads one expression from left to right, each method one rule of the grammar."""

    def __init__(self, text: str) -> None:
        self._text = text
        self._at = 0
        self._depth = 0
        self._values = 0
        self._skip()

    def whole(self) -> Expression:
        if self._ended():
            raise BadExpression("the filter is empty; write what articles must have, such as tag:belarus", 1)
        found = self._either()
        if not self._ended():
            raise self._error("nothing is open that this ) could close")
        return found

    def _either(self) -> Expression:
        parts = [self._all()]
        while self._take("or"):
            parts.append(self._all())
        return parts[0] if len(parts) == 1 else Or(parts=tuple(_flat(parts, Or)))

    def _all(self) -> Expression:
        parts = [self._one()]
        while self._take("and") or not (self._ended() or self._text[self._at] == ")" or self._keyword() == "or"):
            parts.append(self._one())
        return parts[0] if len(parts) == 1 else And(parts=tuple(_flat(parts, And)))

    def _one(self) -> Expression:
        start = self._at
        if self._take("not"):
            self._deeper(start)
            found: Expression = Not(part=self._one())
        elif self._text.startswith("(", start):
            self._deeper(start)
            self._move(start + 1)
            found = self._either()
            if self._ended():
                raise self._error("this ( is never closed", start)
            self._move(self._at + 1)
        else:
            return self._clause()
        self._depth -= 1
        return found

    def _deeper(self, start: int) -> None:
        self._depth += 1
        if self._depth > _DEEPEST:
            raise self._error(f"more than {_DEEPEST} levels of ( and not; write it flatter", start)

    def _clause(self) -> Clause:
        start = self._at
        if self._ended() or self._text[start] == ")" or self._keyword():
            raise self._missing()
        head = _HEAD.match(self._text, start)
        if head is None:
            return self._counted(Clause(field="text", operator=":", values=self._alternatives(bare=True)), start)
        field, operator = head[1].lower(), head[2].strip()
        if field not in FIELDS:
            raise self._error(f"there is no field {head[1]}{nearest(field, FIELDS)} Words to be found go in quotes")
        if operator not in FIELDS[field].operators:
            raise self._error(f"{field} takes {FIELDS[field].usage}", start + len(head[1]))
        self._move(head.end())
        return self._counted(Clause(field=field, operator=operator, values=self._values_of(operator)), start)

    def _values_of(self, operator: str) -> tuple[str, ...]:
        if operator == ":":
            return self._alternatives()
        if operator == "~":
            return (self._pattern(),)
        return (self._single(),)

    def _counted(self, clause: Clause, start: int) -> Clause:
        self._values += len(clause.values)
        if self._values > _MOST_VALUES:
            raise self._error(f"more than {_MOST_VALUES} values; make two feeds of it, or use a tag", start)
        try:
            values = check(clause.field, clause.operator, clause.values)
        except BadExpression as error:
            raise self._error(error.reason, start) from None
        return Clause(field=clause.field, operator=clause.operator, values=values)

    def _alternatives(self, *, bare: bool = False) -> tuple[str, ...]:
        values = [self._single(bare=bare)]
        while not self._ended() and self._text[self._at] == "|":
            self._move(self._at + 1)
            values.append(self._single(bare=bare))
        return tuple(values)

    def _single(self, *, bare: bool = False) -> str:
        """A value, quoted or not; `bare`: no field stands before it."""
        start = self._at
        if self._text.startswith('"', start):
            found = _QUOTED.match(self._text, start)
            if found is None:
                raise self._error('this " is never closed', start)
            value = re.sub(r'\\(["\\])', r"\1", found[1])
        else:
            found = _BARE.match(self._text, start)
            if found is None:
                raise self._missing()
            value = found[0]
            self._refuse(value, start, bare)
        if self._text[found.end() : found.end() + 1] in ('"', "("):
            raise self._error("put a space here, or quotes around the whole value", found.end())
        if value and found[0][0] == '"' and not re.match(r"[\s)|]|$", self._text[found.end() : found.end() + 1]):
            raise self._error("put a space after the quote", found.end())
        self._move(found.end())
        return value

    def _refuse(self, value: str, start: int, bare: bool) -> None:
        """What cannot be meant as a value without quotes."""
        if value[0] in _OTHER_QUOTES:
            raise self._error('only " and " are quotes here', start)
        if not bare:
            return
        if value[0] in "-+!" or value in ("&&", "&"):
            raise self._error("write and, or, not as words; quote it to find it as text", start)
        if re.search(r"[:~<>=]", value) or not any(map(str.isalnum, value)):
            raise self._error('this is no field with a value; put " around it to find it as text', start)

    def _pattern(self) -> str:
        found = _PATTERN.match(self._text, self._at)
        if found is None:
            closed = "is never closed" if self._text.startswith("/", self._at) else "stands between slashes: ~/words/"
            raise self._error(f"a pattern {closed}")
        if not re.match(r"[\s)]|$", self._text[found.end() : found.end() + 1]):
            raise self._error(r"put a space after the pattern; a slash within it is written \/", found.end())
        self._move(found.end())
        return re.sub(r"\\(.)", lambda pair: "/" if pair[1] == "/" else pair[0], found[1], flags=re.S)

    def _keyword(self) -> str | None:
        found = _KEYWORD.match(self._text, self._at)
        return found[1].lower() if found else None

    def _take(self, keyword: str) -> bool:
        if self._keyword() != keyword:
            return False
        self._move(self._at + len(keyword))
        return True

    def _move(self, at: int) -> None:
        self._at = at
        self._skip()

    def _skip(self) -> None:
        found = _SPACE.match(self._text, self._at)
        self._at = found.end() if found else self._at

    def _ended(self) -> bool:
        return self._at >= len(self._text)

    def _missing(self) -> BadExpression:
        if self._ended():
            return self._error("something must follow here")
        word = self._keyword() or self._text[self._at]
        return self._error(f"something must stand before {word}")

    def _error(self, reason: str, at: int | None = None) -> BadExpression:
        return BadExpression(reason, (self._at if at is None else at) + 1)


def _flat(parts: list[Expression], kind: type[And] | type[Or]) -> Iterator[Expression]:
    for part in parts:
        if isinstance(part, kind):
            yield from part.parts
        else:
            yield part
