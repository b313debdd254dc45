"""What a check finds: rules, where they were broken, and how often, gathered into sentences."""

from __future__ import annotations

import enum
from collections.abc import Collection, Iterator
from dataclasses import dataclass, field

_SHOWN = 120
"""Characters of somebody else's text that are shown in a sentence."""


class Severity(enum.StrEnum):
    """How bad it is: an error loses something in readers, a warning some readers or somebody's bandwidth."""

    ERROR = "error"
    WARNING = "warning"
    HINT = "hint"


@dataclass(frozen=True, slots=True)
class Rule:
    """Something that can be wrong. `text` says what it does to readers and what to do; `{…}` are filled in.

    `name` is for scripts and never changes. `source` is where the rule comes from; empty: from what readers do.
    """

    severity: Severity
    name: str
    text: str
    source: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """A rule that was broken, `count` times. `subject` is where (the first of them), `line` is 1-based.

    `text` says what is wrong and what to do about it, `rule` where that is written; `name` is the rule's.
    """

    severity: Severity
    name: str
    subject: str
    text: str
    rule: str = ""
    line: int | None = None
    count: int = 1


@dataclass(slots=True)
class Findings:
    """What was found so far: of each rule the first place, and how many places."""

    _found: dict[Rule, _Places] = field(default_factory=dict)

    def add(self, rule: Rule, subject: str, line: int | None = None, **details: object) -> None:
        """Note that `rule` is broken at `subject`. `details` fill its text, of the first place alone."""
        places = self._found.get(rule)
        if places is None:
            self._found[rule] = _Places(subject, line, {name: shown(value) for name, value in details.items()})
        else:
            places.count += 1

    def take(self, others: Findings, without: Collection[Rule]) -> None:
        """Note what others found, but for some rules."""
        for rule, places in others._found.items():
            if rule not in without:
                self._found.setdefault(rule, places)

    def __contains__(self, rule: Rule) -> bool:
        return rule in self._found

    def __iter__(self) -> Iterator[Finding]:
        """The findings, errors first, else as they were found."""
        order = list(Severity)
        for rule, places in sorted(self._found.items(), key=lambda item: order.index(item[0].severity)):
            yield Finding(
                severity=rule.severity,
                name=rule.name,
                subject=places.subject,
                text=rule.text.format_map(places.details),
                rule=rule.source,
                line=places.line,
                count=places.count,
            )


@dataclass(slots=True)
class _Places:
    subject: str
    line: int | None
    details: dict[str, str]
    count: int = 1


class Words(str):
    """Words of ours in a sentence, which are not shortened."""

    __slots__ = ()


def shown(value: object) -> str:
    """A value as it is shown in a sentence: on one line, not too long, nothing that a terminal would obey."""
    if not isinstance(value, str):
        return f"{value:,}" if isinstance(value, int) else str(value)
    ours = isinstance(value, Words)
    line = value if ours else " ".join(value[:1000].split())
    if not line.isprintable():
        line = "".join(character if character.isprintable() else "\N{REPLACEMENT CHARACTER}" for character in line)
    if ours:
        return line
    return line if len(line) <= _SHOWN else line[: _SHOWN - 1] + "…"


def error(name: str, text: str, source: str = "") -> Rule:
    """A rule whose breach loses something."""
    return Rule(Severity.ERROR, name, text, source)


def warning(name: str, text: str, source: str = "") -> Rule:
    """A rule whose breach some readers mind."""
    return Rule(Severity.WARNING, name, text, source)


def hint(name: str, text: str, source: str = "") -> Rule:
    """Something that could be better."""
    return Rule(Severity.HINT, name, text, source)
