"""What the web app may be told, apart from the ports."""

from __future__ import annotations

from dataclasses import dataclass

CONTENT_TYPES = ("auto", "registered", "xml")


@dataclass(frozen=True, slots=True, kw_only=True)
class WebOptions:
    """How documents and pages are answered.

    `content_type`: `auto` serves XML feeds as `application/xml` to a browser that navigates to them (it says so
    in `Sec-Fetch-Dest`) and under their registered type to everybody else; `registered` and `xml` never look at
    the request, for caches that ignore `Vary`. `max_age` and `page_max_age` are seconds (0 or more) for which a
    document or a page may be reused without asking. `page_size` is the number of articles on a page (1 or more).
    `admin_hosts` are names, beside `localhost` and plain addresses, under which the operator's listener answers.
    `memory` is how many bytes of finished documents may be kept in memory (0: none are), `rate` how many costly
    answers a client gets in a minute (0: any number), `proxies` the networks whose X-Forwarded-For is believed.
    """

    content_type: str = "auto"
    max_age: int = 300
    page_max_age: int = 60
    page_size: int = 30
    admin_hosts: frozenset[str] = frozenset()
    memory: int = 0
    rate: int = 0
    proxies: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        if self.content_type not in CONTENT_TYPES:
            raise ValueError(f"content_type must be one of {', '.join(CONTENT_TYPES)}, got {self.content_type!r}")
        if self.max_age < 0 or self.page_max_age < 0:
            raise ValueError("max_age and page_max_age must be 0 seconds or more")
        if self.page_size < 1:
            raise ValueError("page_size must be 1 or more")
