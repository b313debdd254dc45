"""What an entry of a feed says, in the words of an Article."""

from __future__ import annotations

from datetime import datetime

import pytest

from syndicator.core.upstream import read
from syndicator.model import (
    Article,
    Category,
    Enclosure,
    Episode,
    Image,
    Incoming,
    InReplyTo,
    Link,
    Parsed,
    Person,
    Place,
    Replies,
    Upstream,
    utc,
)

URL = "https://there.example/blog/feed.xml"
NAMESPACES = """
    xmlns:atom="http://www.w3.org/2005/Atom" xmlns:content="http://purl.org/rss/1.0/modules/content/"
    xmlns:dc="http://purl.org/dc/elements/1.1/" xmlns:dcterms="http://purl.org/dc/terms/"
    xmlns:media="http://search.yahoo.com/mrss/" xmlns:itunes="http://www.itunes.com/dtds/podcast-1.0.dtd"
    xmlns:podcast="https://podcastindex.org/namespace/1.0" xmlns:georss="http://www.georss.org/georss"
    xmlns:gml="http://www.opengis.net/gml" xmlns:geo="http://www.w3.org/2003/01/geo/wgs84_pos#"
    xmlns:slash="http://purl.org/rss/1.0/modules/slash/" xmlns:thr="http://purl.org/syndication/thread/1.0"
    xmlns:wfw="http://wellformedweb.org/CommentAPI/" xmlns:own="https://own.example/ns#"
    xmlns:cc="http://backend.userland.com/creativeCommonsRssModule"
    xmlns:feedburner="http://rssnamespace.org/feedburner/ext/1.0"
"""
TITLED = "<title>There</title>"


def rss(items: str, channel: str = "") -> Parsed:
    body = f'<rss version="2.0"{NAMESPACES}><channel>{TITLED}{channel}{items}</channel></rss>'
    return read(Incoming(body=body.encode(), url=URL))


def item(inner: str, channel: str = "") -> Article:
    return rss(f"<item>{inner}</item>", channel).entries[0].article


def atom(inner: str, feed: str = "", attributes: str = "") -> Article:
    entry = f"<entry {attributes}>{inner}</entry>"
    body = f'<feed xmlns="http://www.w3.org/2005/Atom"{NAMESPACES}>{TITLED}{feed}{entry}</feed>'
    return read(Incoming(body=body.encode(), url=URL)).entries[0].article


@pytest.mark.parametrize(
    ("written", "title"),
    [
        ("AT&amp;T &lt;b&gt;", "AT&T <b>"),
        ("AT&amp;amp;T", "AT&T"),
        ("&lt;b&gt;Bold&lt;/b&gt; &amp;amp; more", "Bold & more"),
        ("1 &lt; 2", "1 < 2"),
        ("<![CDATA[Fish &#8217;n&#8217; chips]]>", "Fish ’n’ chips"),
        (" two\n  lines\t", "two lines"),
        ("", ""),
    ],
)
def test_titles_of_rss_are_plain_text(written: str, title: str) -> None:
    assert item(f"<title>{written}</title>").title == title


@pytest.mark.parametrize(
    ("written", "title"),
    [
        ("<title>1 &lt;b> &amp;amp;</title>", "1 <b> &amp;"),
        ('<title type="html">1 &lt;b>2&lt;/b> &amp;amp; 3</title>', "1 2 & 3"),
        ('<title type="xhtml"><div xmlns="http://www.w3.org/1999/xhtml">a <b>b</b> &lt;c></div></title>', "a b <c>"),
    ],
    ids=["text", "html", "xhtml"],
)
def test_titles_of_atom_are_what_their_type_says(written: str, title: str) -> None:
    assert atom(written).title == title


@pytest.mark.parametrize(
    ("written", "body", "summary"),
    [
        ("<description>One &lt;b>two&lt;/b>.</description>", "One <b>two</b>.", "One two."),
        ("<description>Only words.</description>", "", "Only words."),
        (
            "<description>Short.</description><content:encoded>&lt;p>Long.&lt;/p></content:encoded>",
            "<p>Long.</p>",
            "Short.",
        ),
        (
            "<content:encoded>&lt;p>Long.&lt;/p></content:encoded><description>&lt;i>Short.&lt;/i></description>",
            "<p>Long.</p>",
            "Short.",
        ),
        ("<content:encoded>&lt;p>Long.&lt;/p></content:encoded>", "<p>Long.</p>", "Long."),
        (
            "<description>&lt;p>Words.&lt;/p></description><itunes:summary>Words.</itunes:summary>",
            "<p>Words.</p>",
            "Words.",
        ),
        ("<description>&lt;script>x&lt;/script>&lt;p onclick='x'>y&lt;/p></description>", "<p>y</p>", "y"),
    ],
    ids=["description", "words", "both", "other order", "content", "podcast", "script"],
)
def test_the_longer_text_is_the_body_and_the_other_one_the_summary(written: str, body: str, summary: str) -> None:
    article = item(written)
    assert (article.body, article.summary) == (body, summary)


@pytest.mark.parametrize(
    ("written", "body"),
    [
        ('<content type="text">a &lt; b\nc\n\nd</content>', "<p>a &lt; b<br>c</p>\n<p>d</p>"),
        ('<content type="html">&lt;p>a&lt;br>b</content>', "<p>a<br>b</p>"),
        (
            '<content type="xhtml"><div xmlns="http://www.w3.org/1999/xhtml"><p>a<br/>b &lt;c></p></div></content>',
            "<p>a<br>b &lt;c&gt;</p>",
        ),
        ('<content type="image/png">iVBORw0KGgo=</content>', ""),
    ],
    ids=["text", "html", "xhtml", "image"],
)
def test_content_of_atom_is_what_its_type_says(written: str, body: str) -> None:
    assert atom(written).body == body


def test_a_long_text_without_markup_is_a_body_in_paragraphs() -> None:
    article = item(f"<description>{'One. ' * 300}\n\n{'Two. ' * 300}</description>")
    assert article.body.count("<p>") == 2
    assert len(article.summary) <= 300


@pytest.mark.parametrize(
    ("written", "body"),
    [
        ('<content type="html">&lt;img src="a.png"></content>', '<img src="https://there.example/blog/a.png">'),
        (
            '<content type="html" xml:base="../x/">&lt;img src="a.png"></content>',
            '<img src="https://there.example/x/a.png">',
        ),
        (
            '<content type="xhtml" xml:base="/x/"><div xmlns="http://www.w3.org/1999/xhtml"><a href="1">1</a>'
            '<div xml:base="y/"><img src="2"/><i><a href="3">3</a></i></div><a href="4">4</a></div></content>',
            '<a href="https://there.example/x/1">1</a><div><img src="https://there.example/x/y/2">'
            '<i><a href="https://there.example/x/y/3">3</a></i></div><a href="https://there.example/x/4">4</a>',
        ),
    ],
    ids=["document", "element", "nested"],
)
def test_relative_addresses_are_resolved_where_they_stand(written: str, body: str) -> None:
    assert atom(written).body == body


def test_xml_base_is_inherited_by_every_address() -> None:
    body = f"""<feed xmlns="http://www.w3.org/2005/Atom" xml:base="https://a.example/b/"{NAMESPACES}>
        <entry xml:base="c/"><id>/not/an/address</id><link href="1"/><link rel="related" href="2" xml:base="d/"/>
        <link rel="enclosure" href="3"/><author><name>A</name><uri>4</uri></author>
        <media:thumbnail url="5.png"/></entry></feed>"""
    article = read(Incoming(body=body.encode(), url=URL)).entries[0].article
    assert article.explicit_id == "/not/an/address"
    assert article.url == "https://a.example/b/c/1"
    assert article.related == (Link(href="https://a.example/b/c/d/2"),)
    assert [file.url for file in article.enclosures] == ["https://a.example/b/c/3"]
    assert article.authors[0].uri == "https://a.example/b/c/4"
    assert article.image is not None
    assert article.image.url == "https://a.example/b/c/5.png"


def test_relative_addresses_in_rss_belong_to_the_page() -> None:
    article = item("<link>https://pages.example/2024/one</link><description>&lt;img src='a.png'></description>")
    assert article.body == '<img src="https://pages.example/2024/a.png">'


@pytest.mark.parametrize(
    ("written", "id", "url"),
    [
        ("<guid>https://a.example/1</guid>", "https://a.example/1", "https://a.example/1"),
        ('<guid isPermaLink="false">https://a.example/1</guid>', "https://a.example/1", None),
        ("<guid> 17 </guid><link>/a</link>", "17", "https://there.example/a"),
        ("<guid></guid><link>https://a.example/ä b</link>", None, "https://a.example/%C3%A4%20b"),
        ("<link>javascript:alert(1)</link>", None, None),
        ("<guid>HTTPS://A.example/b/../c</guid>", "HTTPS://A.example/b/../c", "https://a.example/b/../c"),
        ("<atom:link href='https://a.example/1' rel='alternate'/>", None, "https://a.example/1"),
        (
            "<link>https://a.example/1</link><feedburner:origLink>https://b.example/1</feedburner:origLink>",
            None,
            "https://a.example/1",
        ),
    ],
    ids=["permalink", "no permalink", "relative", "empty", "script", "as given", "atom", "feedburner"],
)
def test_ids_are_as_given_and_links_are_addresses(written: str, id: str | None, url: str | None) -> None:
    article = item(written)
    assert (article.explicit_id, article.url) == (id, url)


def test_rdf_about_is_an_id() -> None:
    body = """<rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#" xmlns="http://purl.org/rss/1.0/"
        xmlns:dc="http://purl.org/dc/elements/1.1/"><channel rdf:about="https://a.example/"><title>A</title></channel>
        <item rdf:about="https://a.example/1?a=1&amp;b=2"><title>One</title><dc:date>2024-05-06</dc:date></item></rdf:RDF>"""
    parsed = read(Incoming(body=body.encode(), url=URL))
    article = parsed.entries[0].article
    assert parsed.format == "rss10"
    assert (article.explicit_id, article.url) == ("https://a.example/1?a=1&b=2", "https://a.example/1?a=1&b=2")
    assert (article.published, article.updated) == (None, utc(2024, 5, 6))


ADA = Person(name="Ada L", email="ada@there.photography")


@pytest.mark.parametrize(
    ("written", "people"),
    [
        ("<author>ada@there.photography (Ada L)</author>", (ADA,)),
        ("<author>Ada L &lt;ada@there.photography&gt;</author>", (ADA,)),
        ("<author>ada@there.photography</author>", (Person(name=ADA.email or "", email=ADA.email),)),
        ("<dc:creator>Ada L</dc:creator>", (Person(name="Ada L"),)),
        ("<dc:creator>Ada L</dc:creator><author>ada@there.photography (Ada L)</author>", (ADA,)),
        ("<dc:creator>A</dc:creator><dc:creator>B</dc:creator>", (Person(name="A"), Person(name="B"))),
        ("<itunes:author>A, B</itunes:author>", (Person(name="A, B"),)),
        ("<author></author>", ()),
    ],
)
def test_authors(written: str, people: tuple[Person, ...]) -> None:
    assert item(written, "<managingEditor>boss@there.example (Boss)</managingEditor>").authors == people


def test_an_author_does_not_get_the_email_of_another() -> None:
    written = "<author><name>A</name><email>a@there.example</email></author><author><name>B</name></author>"
    assert atom(written).authors == (Person(name="A", email="a@there.example"), Person(name="B"))


@pytest.mark.parametrize("line", ["a" * 65_536, "a@" * 32_768, "a." * 32_768, "(" * 65_536], ids=lambda line: line[:2])
def test_a_long_line_of_an_author_is_cut(line: str) -> None:
    parsed = rss(f"<item><author>{line}</author></item>")
    assert len(parsed.entries[0].article.authors[0].name) <= 200
    assert "1 × names of more than 200 characters: the rest was left out" in parsed.notices


def test_people_of_a_podcast_are_contributors() -> None:
    article = item(
        '<podcast:person role="host" href="https://a.example/">Ann</podcast:person><podcast:person>Bo</podcast:person>'
        "<dc:contributor>Cy</dc:contributor>"
    )
    assert article.contributors == (Person(name="Cy"), Person(name="Ann", uri="https://a.example/"), Person(name="Bo"))


@pytest.mark.parametrize(
    ("written", "moment"),
    [
        ("Mon, 06 May 2024 07:08:09 +0200", utc(2024, 5, 6, 5, 8, 9)),
        ("Mon, 06 May 2024 07:08:60 GMT", utc(2024, 5, 6, 7, 8, 59)),
        ("2024-05-06T07:08:09.5-01:30", utc(2024, 5, 6, 8, 38, 9)),
        ("20240506", utc(2024, 5, 6)),
        ("0000-01-01T00:00:00Z", None),
        ("9999-12-31T23:59:59-14:00", None),
        ("Mon, 06 May 2024 07:08:09 +9999", utc(2024, 5, 2, 2, 29, 9)),
        ("--05-06", None),
        ("---06", None),
        ("yesterday", None),
        ("", None),
    ],
)
def test_dates_are_read_without_a_clock(written: str, moment: datetime | None) -> None:
    article = item(f"<pubDate>{written}</pubDate>")
    assert (article.published, article.updated) == (moment, None)


def test_tags_and_categories() -> None:
    article = atom(
        '<category term="a"/><category term="b" label="B"/><category term="c" scheme="https://s.example/" label="C"/>'
        '<category term="a"/><category term=""/>'
    )
    assert article.tags == ("a", "B", "C")
    assert article.categories == (
        Category(term="b", label="B"),
        Category(term="c", scheme="https://s.example/", label="C"),
    )
    podcast = item('<category domain="d">x &amp;amp; y</category><itunes:keywords>k, l</itunes:keywords>')
    assert (podcast.tags, podcast.categories) == (("x & y", "k", "l"), (Category(term="x & y", scheme="d"),))


def test_every_enclosure_with_what_media_rss_knows_of_it() -> None:
    article = item(
        '<enclosure url="/a.mp3" type="audio/mpeg" length="12"/><enclosure url="b.mp4" type="video/mp4" length="0"/>'
        '<enclosure url="javascript:x" type="x" length="1"/><enclosure url="/a.mp3" type="audio/mpeg" length="12"/>'
        '<media:group><media:content url="https://there.example/a.mp3" width="3"/>'
        '<media:content url="https://m.example/c" medium="video" duration="9" fileSize="7"/>'
        '<media:content url="https://m.example/small.jpg" medium="image" width="10"/>'
        '<media:content url="https://m.example/large.jpg" medium="image" width="20" height="5" fileSize="8"/>'
        "</media:group><itunes:duration>1:02:03</itunes:duration>"
    )
    assert article.enclosures == (
        Enclosure(url="https://there.example/a.mp3", type="audio/mpeg", length=12, duration=3723, width=3),
        Enclosure(url="https://there.example/blog/b.mp4", type="video/mp4"),
        Enclosure(url="https://m.example/c", length=7, duration=9, medium="video"),
    )
    large = Image(url="https://m.example/large.jpg", type="image/jpeg", length=8, width=20, height=5)
    assert article.image == large


@pytest.mark.parametrize(
    ("written", "url"),
    [
        ('<media:thumbnail url="/t.png"/><media:content url="/c.png" medium="image"/>', "/t.png"),
        ('<itunes:image href="/i.png"/>', "/i.png"),
        ('<enclosure url="/e.png" type="image/png" length="1"/>', None),
        ('<enclosure url="/e.png" type="image/png" length="1"/><media:thumbnail url="/e.png"/>', None),
        ('<media:thumbnail url="data:image/png;base64,x"/>', None),
    ],
    ids=["thumbnail", "itunes", "enclosure", "not twice", "data"],
)
def test_the_picture(written: str, url: str | None) -> None:
    image = item(written).image
    assert (image.url if image else None) == (f"https://there.example{url}" if url else None)


def test_an_episode() -> None:
    article = item(
        "<itunes:season>2</itunes:season><podcast:episode display='x'>3.5</podcast:episode>"
        "<itunes:episodeType>Full</itunes:episodeType><itunes:explicit>false</itunes:explicit>"
        "<itunes:subtitle>Sub</itunes:subtitle><itunes:image href='/i.png'/>"
        "<podcast:transcript url='/t.vtt' type='text/vtt' language='en_GB' rel='captions'/>"
        "<podcast:transcript url='/t.html' type='text/html'/>"
        "<podcast:chapters url='/c.json' type='application/json+chapters'/>"
    )
    assert article.episode == Episode(
        season=2,
        number="3.5",
        kind="full",
        explicit=False,
        subtitle="Sub",
        image="https://there.example/i.png",
        transcripts=(
            Link(href="https://there.example/t.vtt", rel="captions", type="text/vtt", hreflang="en-GB"),
            Link(href="https://there.example/t.html", type="text/html"),
        ),
        chapters=Link(href="https://there.example/c.json", type="application/json+chapters"),
    )
    assert item("<title>No episode</title>").episode is None


@pytest.mark.parametrize(
    ("written", "place"),
    [
        ("<georss:point>45.256 -71.92</georss:point>", (45.256, -71.92)),
        ("<georss:where><gml:Point><gml:pos>1 2</gml:pos></gml:Point></georss:where>", (1.0, 2.0)),
        ("<geo:lat>1.5</geo:lat><geo:long>-2</geo:long>", (1.5, -2.0)),
        ("<geo:Point><geo:lat>1.5</geo:lat><geo:long>-2</geo:long></geo:Point>", (1.5, -2.0)),
        ("<georss:point>91 0</georss:point>", None),
        ("<georss:point>nan nan</georss:point>", None),
        ("<geo:lat>x</geo:lat><geo:long>inf</geo:long>", None),
    ],
)
def test_a_place(written: str, place: tuple[float, float] | None) -> None:
    expected = Place(latitude=place[0], longitude=place[1], name="Here") if place else None
    assert item(f"{written}<georss:featureName>Here</georss:featureName>").place == expected


def test_what_it_answers_and_what_answers_it() -> None:
    article = atom(
        '<thr:in-reply-to ref="tag:a,2024:1" href="https://a.example/1" type="text/html"/><thr:in-reply-to ref="x"/>'
        '<link rel="replies" href="/r.atom" type="application/atom+xml" thr:count="3"'
        ' thr:updated="2024-05-06T00:00:00Z"/>'
        '<link rel="replies" href="/page" type="text/html"/>'
    )
    assert article.in_reply_to == (
        InReplyTo(ref="tag:a,2024:1", href="https://a.example/1", type="text/html"),
        InReplyTo(ref="x"),
    )
    there = Replies(href="https://there.example/r.atom", type="application/atom+xml", count=3, updated=utc(2024, 5, 6))
    assert (article.replies, article.comments) == (there, "https://there.example/page")
    other = item("<comments>/c</comments><wfw:commentRss>/c.rss</wfw:commentRss><slash:comments>7</slash:comments>")
    assert other.comments == "https://there.example/c"
    assert other.replies == Replies(href="https://there.example/c.rss", type="application/rss+xml", count=7)


@pytest.mark.parametrize(
    ("written", "rights", "licence"),
    [
        ("<dc:rights>© A</dc:rights>", "© A", None),
        ("<cc:license>https://cc.example/by</cc:license><dc:rights>© A</dc:rights>", "© A", "https://cc.example/by"),
        ("<atom:link rel='license' href='https://cc.example/by'/>", "© There", "https://cc.example/by"),
        ("<dc:rights>https://cc.example/by</dc:rights>", "", "https://cc.example/by"),
        ("<cc:license>javascript:x</cc:license>", "© There", None),
        ("<media:license href='https://cc.example/by'>BY</media:license>", "© There", "https://cc.example/by"),
    ],
)
def test_rights_and_licences(written: str, rights: str, licence: str | None) -> None:
    article = item(written, "<copyright>© There</copyright>")
    assert (article.rights, article.licence) == (rights, licence)


@pytest.mark.parametrize(
    ("attributes", "inner", "language"),
    [
        ('xml:lang="de_at"', "<title>x</title>", "de-AT"),
        ("", "<dc:language>pt-br</dc:language>", "pt-BR"),
        ("", '<title xml:lang="fr">x</title>', "fr"),
        ("", "<title>x</title>", "en-GB"),
        ('xml:lang="und"', "<title>x</title>", None),
        ('xml:lang="!"', "<title>x</title>", "en-GB"),
    ],
)
def test_languages(attributes: str, inner: str, language: str | None) -> None:
    entry = f"<entry {attributes}>{inner}</entry>"
    body = f'<feed xmlns="http://www.w3.org/2005/Atom" xml:lang="en-gb"{NAMESPACES}>{entry}</feed>'
    assert read(Incoming(body=body.encode(), url=URL)).entries[0].article.language == language


def test_links_keep_their_relations() -> None:
    article = atom(
        '<link href="https://a.example/1"/><link rel="related" href="https://a.example/2" title="Two"/>'
        '<link rel="via" href="https://a.example/3"/><link rel="canonical" href="https://a.example/4"/>'
        '<link rel="self" href="https://a.example/5"/><link rel="edit" href="https://a.example/6"/>'
        '<link rel="hub" href="https://a.example/7"/><link rel="help" href="javascript:x"/>'
        '<link rel="alternate" hreflang="fr" type="text/html" href="https://a.example/fr"/>'
        '<link rel="https://a.example/rel" href="https://a.example/8"/><dc:relation>Only a title</dc:relation>'
    )
    assert article.related == (Link(href="https://a.example/2", title="Two"), Link(title="Only a title"))
    assert article.via == Link(href="https://a.example/3")
    assert article.url == "https://a.example/1"
    assert article.links == (
        Link(rel="canonical", href="https://a.example/4"),
        Link(rel="alternate", href="https://a.example/fr", type="text/html", hreflang="fr"),
        Link(rel="https://a.example/rel", href="https://a.example/8"),
    )


def test_the_feed_that_an_entry_names_is_its_source() -> None:
    article = atom(
        '<source xml:lang="nl"><id>urn:x:B/../c</id><title type="html">A &amp;amp; B</title>'
        '<updated>2024-05-06T00:00:00Z</updated><link href="https://b.example/"/><rights>© B</rights>'
        '<link rel="self" href="https://b.example/feed"/><author><name>Bea</name></author></source>',
        "<rights>© planet</rights><author><name>Planet</name></author>",
    )
    assert article.upstream == Upstream(
        id="urn:x:B/../c",
        title="A & B",
        url="https://b.example/",
        feed_url="https://b.example/feed",
        updated=utc(2024, 5, 6),
        rights="© B",
        language="nl",
    )
    assert (article.authors, article.rights) == ((Person(name="Bea"),), "© B")
    named = item('<source url="https://b.example/rss">B</source>').upstream
    assert named == Upstream(id="https://b.example/rss", title="B", feed_url="https://b.example/rss")


def test_an_entry_without_a_source_comes_from_the_feed_itself() -> None:
    parsed = rss("<item><title>x</title></item>", "<link>https://there.example/</link>")
    assert parsed.entries[0].article.upstream == parsed.upstream


def test_values_of_unknown_namespaces_are_kept() -> None:
    article = item(
        "<own:Mood>sad &amp; glad</own:Mood><own:nested><own:x>1</own:x></own:nested><own:empty/>"
        f"<own:long>{'x' * 1001}</own:long><dc:identifier>isbn</dc:identifier>"
        "<feedburner:origLink>https://b.example/1</feedburner:origLink>"
    )
    assert article.extra == (
        ("{https://own.example/ns#}Mood", "sad & glad"),
        ("{http://purl.org/dc/elements/1.1/}identifier", "isbn"),
        ("{http://rssnamespace.org/feedburner/ext/1.0}origLink", "https://b.example/1"),
    )
    assert len(item("".join(f"<own:a{n}>{n}</own:a{n}>" for n in range(99))).extra) == 50


def test_what_does_not_fit_is_cut_and_told() -> None:
    parsed = rss(
        f"<item><title>{'word ' * 300}</title>"
        + "".join(f"<category>{n}</category>" for n in range(120))
        + "".join(f'<enclosure url="/{n}" type="a/b" length="1"/>' for n in range(120))
        + "</item>"
    )
    article = parsed.entries[0].article
    assert len(article.title) <= 1000
    assert (len(article.tags), len(article.enclosures)) == (100, 100)
    assert parsed.notices == (
        "1 × more than 100 enclosures in one entry: the rest was left out",
        "1 × more than 100 tags in one entry: the rest was left out",
        "1 × titles of more than 1,000 characters: the rest was left out",
    )


@pytest.mark.parametrize("scheme", ["javascript:alert(1)", "data:text/html,x", "file:///etc/passwd", " JaVaScRiPt:x"])
def test_no_address_of_another_scheme_gets_through(scheme: str) -> None:
    article = item(
        f"<link>{scheme}</link><comments>{scheme}</comments><enclosure url='{scheme}' type='a/b' length='1'/>"
        f"<media:thumbnail url='{scheme}'/><media:content url='{scheme}'/><itunes:image href='{scheme}'/>"
        f"<wfw:commentRss>{scheme}</wfw:commentRss><source url='{scheme}'>B</source><cc:license>{scheme}</cc:license>"
        f"<atom:link rel='related' href='{scheme}'/><atom:link rel='via' href='{scheme}'/>"
        f"<atom:link rel='help' href='{scheme}'/><podcast:chapters url='{scheme}' type='a/b'/>"
        f"<podcast:person href='{scheme}'>P</podcast:person><atom:author><atom:name>N</atom:name>"
        f"<atom:uri>{scheme}</atom:uri></atom:author><thr:in-reply-to ref='x' href='{scheme}' source='{scheme}'/>"
        f"<description>&lt;a href='{scheme}'>x&lt;/a>&lt;b>y&lt;/b></description>"
    )
    assert scheme.strip().lower() not in repr(article).lower()


def test_text_that_no_database_takes_is_cleaned() -> None:
    article = item("<title>a&#x85;b\u200bc&#xFDD0;</title><dc:creator>x\u2028y</dc:creator><guid>g&#x80;</guid>")
    assert (article.title, article.authors[0].name, article.explicit_id) == ("a…b\u200bc", "x y", "g")


def test_what_is_not_well_formed_is_read_as_far_as_it_can_be() -> None:
    item = "<item><guid>/1</guid><title>A & B</title><podcast:person>P</podcast:person>"
    body = f"<rss version='2.0'{NAMESPACES}><channel>{item}"
    parsed = read(Incoming(body=body.encode(), url=URL))
    article = parsed.entries[0].article
    assert (article.title, article.explicit_id) == ("A & B", "/1")
    assert parsed.notices[0].startswith("not well-formed: line ")
    assert parsed.notices[0].endswith("; read as far as it could be")
