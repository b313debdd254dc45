"""Feeds with nothing wrong in them, for tests to break one thing at a time."""

from __future__ import annotations

from syndicator.core.checkup import Finding, Findings, feed
from syndicator.core.checkup.feed import Origin
from syndicator.model import utc

NOW = utc(2024, 10, 10, 12)
URL = "https://mill.example/feed.xml"

_ATOM = 'xmlns:atom="http://www.w3.org/2005/Atom"'
_CONTENT = 'xmlns:content="http://purl.org/rss/1.0/modules/content/"'
_DC = 'xmlns:dc="http://purl.org/dc/elements/1.1/"'
_SY = 'xmlns:sy="http://purl.org/rss/1.0/modules/syndication/"'
_ITUNES = 'xmlns:itunes="http://www.itunes.com/dtds/podcast-1.0.dtd"'
_WHEEL = (
    '<p>The wheel turns <a href="https://mill.example/w">again</a>. <img src="https://mill.example/w.png" alt=""></p>'
)

RSS = f"""<?xml version="1.0" encoding="UTF-8"?>
<rss version="2.0" {_ATOM} {_CONTENT} {_DC} {_SY} {_ITUNES}>
<channel>
<title>The Mill</title>
<link>https://mill.example/</link>
<description>Flour and what is made of it.</description>
<language>en-GB</language>
<lastBuildDate>Wed, 09 Oct 2024 08:00:00 GMT</lastBuildDate>
<ttl>60</ttl>
<skipHours><hour>3</hour></skipHours>
<skipDays><day>Sunday</day></skipDays>
<sy:updatePeriod>daily</sy:updatePeriod>
<sy:updateFrequency>2</sy:updateFrequency>
<image><url>https://mill.example/i.png</url><title>The Mill</title><link>https://mill.example/</link></image>
<itunes:explicit>false</itunes:explicit>
<atom:link rel="self" type="application/rss+xml" href="https://mill.example/feed.xml"/>
<item>
<title>Wheel &#x26; stone</title>
<link>https://mill.example/2</link>
<guid isPermaLink="false">tag:mill.example,2024:2</guid>
<pubDate>Wed, 09 Oct 2024 10:00:00 +0200</pubDate>
<dc:creator>Ann Other</dc:creator>
<description>The wheel turns.</description>
<content:encoded><![CDATA[{_WHEEL}]]></content:encoded>
<enclosure url="https://mill.example/w.mp3" length="123" type="audio/mpeg"/>
</item>
<item>
<title>Water</title>
<link>https://mill.example/1</link>
<guid>https://mill.example/1</guid>
<pubDate>Tue, 08 Oct 2024 08:00:00 GMT</pubDate>
<dc:creator>Ann Other</dc:creator>
<description>The water &amp;amp; the weir.</description>
</item>
</channel>
</rss>
"""

ATOM = """<?xml version="1.0" encoding="UTF-8"?>
<feed xmlns="http://www.w3.org/2005/Atom" xml:lang="en">
<id>tag:mill.example,2024:feed</id>
<title>The Mill</title>
<updated>2024-10-09T08:00:00Z</updated>
<author><name>Ann Other</name></author>
<link rel="self" href="https://mill.example/feed.xml"/>
<link href="https://mill.example/"/>
<entry>
<id>tag:mill.example,2024:2</id>
<title>Wheel and stone</title>
<updated>2024-10-09T08:00:00Z</updated>
<published>2024-10-09T07:00:00+02:00</published>
<link href="https://mill.example/2"/>
<link rel="enclosure" href="https://mill.example/w.mp3" type="audio/mpeg" length="123"/>
<summary>The wheel turns.</summary>
<content type="html">&lt;p&gt;The wheel turns &lt;a href="https://mill.example/w"&gt;again&lt;/a&gt;.&lt;/p&gt;</content>
</entry>
<entry>
<id>tag:mill.example,2024:1</id>
<title type="html">Water &amp;amp; weir</title>
<updated>2024-10-08T08:00:00Z</updated>
<link href="https://mill.example/1"/>
<content type="xhtml"><div xmlns="http://www.w3.org/1999/xhtml"><p>The <b>water</b>.</p></div></content>
</entry>
</feed>
"""

JSON = """{
"version": "https://jsonfeed.org/version/1.1",
"title": "The Mill",
"home_page_url": "https://mill.example/",
"feed_url": "https://mill.example/feed.xml",
"language": "en",
"authors": [{"name": "Ann Other"}],
"items": [
{"id": "tag:mill.example,2024:2", "url": "https://mill.example/2", "title": "Wheel & stone",
 "content_html": "<p>The wheel turns.</p>", "date_published": "2024-10-09T08:00:00Z",
 "attachments": [{"url": "https://mill.example/w.mp3", "mime_type": "audio/mpeg"}]},
{"id": "tag:mill.example,2024:1", "url": "https://mill.example/1", "title": "Water",
 "content_text": "The water.", "date_published": "2024-10-08T08:00:00+02:00"}
]
}
"""

RDF = f"""<?xml version="1.0" encoding="UTF-8"?>
<rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#" xmlns="http://purl.org/rss/1.0/" {_DC} {_ATOM}>
<channel rdf:about="https://mill.example/">
<title>The Mill</title>
<link>https://mill.example/</link>
<description>Flour.</description>
<dc:language>en</dc:language>
<atom:link rel="self" href="https://mill.example/feed.xml"/>
<items><rdf:Seq><rdf:li rdf:resource="https://mill.example/1"/></rdf:Seq></items>
</channel>
<item rdf:about="https://mill.example/1">
<title>Water</title>
<link>https://mill.example/1</link>
<description>The water.</description>
<dc:date>2024-10-08</dc:date>
<dc:creator>Ann Other</dc:creator>
</item>
</rdf:RDF>
"""


def broken(document: str, *changes: tuple[str, str]) -> str:
    """The document with the first of each `old` changed into `new`; each must be there."""
    for old, new in changes:
        assert old in document, old
        document = document.replace(old, new, 1)
    return document


def check(document: str | bytes, origin: Origin | None = None) -> list[Finding]:
    """What is wrong with a document that came from `URL`, or as `origin` says."""
    found = Findings()
    body = document.encode() if isinstance(document, str) else document
    feed.check(body, origin or Origin(url=URL, asked=URL), NOW, found)
    return list(found)


def told(findings: list[Finding]) -> list[tuple[str, str, int | None]]:
    """Name, subject and line of each."""
    return [(one.name, one.subject, one.line) for one in findings]
