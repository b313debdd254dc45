"""Templates, and how pages write dates. A page depends on the store and the configuration only."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, tzinfo
from zoneinfo import ZoneInfo

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup

from syndicator.core.render import relations
from syndicator.model import USUAL, Enclosure, Format, Site
from syndicator.ports import Ports
from syndicator.web import addresses
from syndicator.web.answers import Finished

_DAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
_MONTHS = (
    *("January", "February", "March", "April", "May", "June", "July"),
    *("August", "September", "October", "November", "December"),
)

_CREATIVE_COMMONS = re.compile(r"https?://creativecommons\.org/licenses/([a-z-]+)/(\d\.\d)")

_KINDS = {"audio": "Audio", "video": "Video", "image": "Picture"}

Render = Callable[..., str]


@dataclass(frozen=True, slots=True, kw_only=True)
class FeedLink:
    """A feed in one format, as a page shows it: `href` for links, `address` to copy, `short` where room is scarce."""

    title: str
    label: str
    short: str
    type: str
    href: str
    address: str


def renderer(ports: Ports, static: Mapping[str, Finished]) -> Render:
    """`render(template, **values)`: a page of this site as text, everything escaped that is not markup of ours."""
    site = ports.site
    root = addresses.prefix(site)
    zone = ZoneInfo(ports.policy.timezone) if ports.policy.timezone != "UTC" else UTC
    environment = Environment(
        loader=PackageLoader("syndicator.web"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        auto_reload=False,
    )
    environment.filters.update(
        day=lambda moment: day(moment, zone),
        moment=lambda moment: moment_text(moment, zone),
        iso=lambda moment: moment.astimezone(zone).isoformat(),
        clock=lambda moment: clock(moment, zone),
        size=size,
        file_name=file_name,
        licence=licence_name,
        breakable=lambda address: Markup("/<wbr>").join(address.split("/")),
    )
    environment.globals.update(
        site=site,
        root=root,
        css=f"{root}/site.css?v={static['site.css'].etag[:8]}",
        icon=f"{root}/favicon.svg",
        main_feeds=feed_links(site, "", site.title),
    )
    return lambda template, **values: environment.get_template(template).render(values)


def feed_links(site: Site, name: str, title: str, formats: Sequence[Format] = USUAL) -> list[FeedLink]:
    """A feed in each of its formats, the one to recommend first."""
    root = addresses.prefix(site)
    return [
        FeedLink(
            title=title,
            label=addresses.label(format),
            short=addresses.label(format).removesuffix(" Feed"),
            type=relations.bare_type(format),
            href=f"{root}/{addresses.feed_path(name, format)}",
            address=f"{site.base_url}/{addresses.feed_path(name, format)}",
        )
        for format in Format
        if format in formats
    ]


def day(moment: datetime, zone: tzinfo) -> str:
    """`Tuesday, 23 January 2024` in that zone; English whatever the locale."""
    local = moment.astimezone(zone)
    return f"{_DAYS[local.weekday()]}, {_date(local)}"


def moment_text(moment: datetime, zone: tzinfo) -> str:
    """`23 January 2024, 14:05 UTC`; midnight is how a date without a time is stored, so no time is shown then."""
    local = moment.astimezone(zone)
    if (local.hour, local.minute, local.second) == (0, 0, 0):
        return _date(local)
    return f"{_date(local)}, {local:%H:%M} {local.tzname()}"


def clock(moment: datetime, zone: tzinfo) -> str:
    """The time of day where the day stands above it: `14:05 UTC`; nothing for a date without a time."""
    return moment_text(moment, zone).partition(", ")[2]


def file_name(file: Enclosure) -> str:
    """What to call a file: its title, else the last part of its address; ours are hashes, which say nothing."""
    if file.title:
        return file.title
    if file.url.startswith("/media/"):
        return _KINDS.get(file.type.partition("/")[0], "File")
    return file.url.rstrip("/").rpartition("/")[2] or file.url


def licence_name(address: str) -> str:
    """What people call the licence at an address: `CC BY-SA 4.0`; the address itself where we do not know it."""
    found = _CREATIVE_COMMONS.match(address)
    if found is None:
        return "CC0 1.0" if "creativecommons.org/publicdomain/zero/" in address else address
    return f"CC {found[1].upper()} {found[2]}"


def size(length: int) -> str:
    """Bytes as people write them: `640 B`, `12 kB`, `3.4 MB`."""
    if length < 1000:
        return f"{length} B"
    if length < 1_000_000:
        return f"{length / 1000:.0f} kB"
    return f"{length / 1_000_000:.1f} MB"


def _date(local: datetime) -> str:
    return f"{local.day} {_MONTHS[local.month - 1]} {local.year}"
