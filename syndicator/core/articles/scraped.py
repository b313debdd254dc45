"""Text as it was scraped, and plain Markdown: a title, a header that may say who and when, a body.

What is not recognised as something else stays in the body; nothing is lost.
"""

from __future__ import annotations

from syndicator.core import html
from syndicator.core.articles import blocks, furniture, header, markdown
from syndicator.core.articles.blocks import Block, Line
from syndicator.core.articles.header import Draft, recognised
from syndicator.core.articles.rules import Rules
from syndicator.core.text import detect_language, first_sentence, one_line, shorten
from syndicator.model import Article, Reading

MAX_TITLE = 120
"""Characters of a title that was made from the text."""


def read(text: str, rules: Rules) -> Reading:
    """The article of a scraped or plain Markdown text. Title and body may come out empty; raises nothing.

    Relative addresses stay as they were written and are listed in `references`.
    """
    found = blocks.read(text)
    language = rules.language or detect_language(" ".join(block.plain for block in found[:40] if len(block.plain) > 80))
    draft = Draft(rules=rules, language=language, day_first=language is not None and not language.startswith("en"))
    for block in found:
        block.taken = bool(block.level) and not block.plain and not any(line.images for line in block.lines)
    _take_original(found, draft)
    _take_related(found, draft)
    header.take(found, _take_title(found, draft), draft)
    _notice_second_title(found, draft)
    body = html.clean(blocks.render(found)).strip()
    return _reading(draft, body)


def _reading(draft: Draft, body: str) -> Reading:
    image = draft.image
    references = dict.fromkeys(html.references(body))
    if image is not None:
        shown = (image.url,) if image.url and not image.url.startswith(("http:", "https:")) else ()
        references.update(dict.fromkeys((*shown, *html.references(image.caption))))
    article = Article(
        source=draft.rules.source,
        title=draft.title,
        body=body,
        language=draft.language,
        authors=tuple(draft.authors),
        url=draft.url,
        image=image,
        related=tuple(dict.fromkeys(draft.related)),
        published=draft.published or draft.updated,
        updated=draft.updated,
    )
    return Reading(article=article, notices=tuple(draft.notices), references=tuple(references))


def _take_original(found: list[Block], draft: Draft) -> None:
    for index, block in enumerate(found):
        lines = block.lines or furniture.wrapped_lines(block)
        for position, line in enumerate(lines):
            certain = None if line.taken else furniture.original_label(line)
            if certain is None:
                continue
            url = furniture.address(line)
            rest = lines[position + 1 : position + 2]
            if url is None and (rest or len(found) > index + 1):
                beyond = None if rest else found[index + 1]
                after = rest if beyond is None else (beyond.lines or furniture.wrapped_lines(beyond))
                if (len(after) == 1 or beyond is None) and furniture.is_address(after[0]):
                    url = furniture.address(after[0])
                    after[0].taken = bool(url) or certain
                    if beyond is not None and not beyond.lines:
                        beyond.taken = after[0].taken
            if url is None and not certain:
                continue
            line.taken = True
            if not block.lines:
                block.taken = all(each.taken for each in lines)
            if url is None:
                draft.note("the original address is none that can be linked to; it was left out", block)
            draft.url = draft.url or url


def _take_related(found: list[Block], draft: Draft) -> None:
    announced = False
    for block, following in zip(found, [*found[1:], None], strict=True):
        if announced and (links := furniture.only_links(block)):
            draft.related += links
            block.taken = True
            announced = following is not None and block.kind == "paragraph_open"
            continue
        announced = False
        for line, links in furniture.related(block):
            draft.related += links
            if line is None:
                block.taken = True
            else:
                line.taken = True
        if block.left and following and furniture.is_related_label(block) and furniture.only_links(following):
            announced = block.taken = True


def _take_title(found: list[Block], draft: Draft) -> Block | None:
    """Take the first heading as the title, its block given back; None when the title had to be made from the text.

    A heading below the first level must have nothing but a header before it.
    """
    left = [block for block in found if not block.gone]
    begun = False
    for block in left:
        if title := markdown.take_raw_title(block.tokens[0]):
            draft.title = title
            block.taken = not block.tokens[0].content.strip()
            return block
        if block.plain and (block.level == 1 or (block.level and not begun)) and _title_lines(block, draft):
            lines = _title_lines(block, draft)
            shown = (html.text(blocks.render_inline(line.tokens, block)) for line in lines)
            draft.title = one_line(" ".join(shown)) or block.plain
            for line in lines:
                line.taken = True
            return block
        begun = begun or not _may_precede(block, draft)
    _make_title(left, draft)
    return None


def _title_lines(block: Block, draft: Draft) -> list[Line]:
    """The lines of a heading down to a byline or date, which a line of dashes below them made part of it.

    What a heading of the first level begins with is a title whatever it says: `# By Hand`.
    """
    lines: list[Line] = []
    for line in block.left:
        first_of_all = block.level == 1 and not lines
        if not first_of_all and recognised(line, draft) is not None:
            break
        lines.append(line)
    return lines


def _may_precede(block: Block, draft: Draft) -> bool:
    if block.kind == "hr":
        return True
    return bool(block.lines) and all(
        not line.plain or line.is_picture or recognised(line, draft) is not None for line in block.left
    )


def _make_title(left: list[Block], draft: Draft) -> None:
    """A title from the first line of a text without a heading: taken out of the body when it reads like one."""
    first = next((block for block in left if not _may_precede(block, draft)), None)
    if first is None or not first.lines:
        return
    line = first.left[0]
    draft.note("the text has no heading; its title was taken from the first line", first)
    alone = len(first.left) == 1 or recognised(first.left[1], draft) is not None
    if alone and line.plain and len(line.plain) <= MAX_TITLE and not line.plain.endswith((".", ":", ",", ";", "。")):
        draft.title = line.plain
        line.taken = True
    else:
        draft.title = shorten(first_sentence(first.plain), MAX_TITLE)
        draft.repeated = True


def _notice_second_title(found: list[Block], draft: Draft) -> None:
    for block in found:
        if block.level == 1 and not block.gone and block.plain:
            draft.note("the text has a second title; it became part of the body", block)
            return
