"""What went wrong with a poll in a person's words: what it means, and what to do."""

from __future__ import annotations

from syndicator.errors import BadFeed, FetchError
from syndicator.model import Condition, Poll, PollState, Result

OFFLINE = "We seem to be offline: hardly any host could be reached. Nothing was counted against this source."
GONE = (
    "The site has said for three days that this feed is gone for good (410), so it is not polled any more. "
    "Look on the site for a new feed; `syndicator resume` polls this one again, `syndicator remove` takes it away."
)
DEADLY = (
    "Reading this feed made the parser's process die three times in a row, so it is not polled any more. "
    "`syndicator check` with its address tells more; `syndicator resume` tries it again."
)
LOST = (
    "Polling this source was begun three times in a row and never finished, so it is not polled any more. "
    "Look at what the log says of it; `syndicator resume` tries it again."
)

_STATUSES = {
    304: (
        "it says that nothing has changed, although we did not ask that, so there is nothing to read",
        "Its server, or a cache before it, is set up wrongly; we ask again for the whole feed.",
    ),
    400: ("it does not understand the request", "Check the address of the feed."),
    401: (
        "it wants a name and a password",
        "Give them with `syndicator edit`, or check that those we have are still good.",
    ),
    402: ("it wants to be paid", "Ask its owner what reading the feed costs, or remove the source."),
    403: (
        "it refuses automated readers, or this feed is not for everyone",
        "Ask its owner to allow syndicator; where a password is needed, give it with `syndicator edit`.",
    ),
    404: (
        "there is nothing at this address, for now at least",
        "It is tried again by itself. If it stays like this, look on the site for the feed's new address and give it "
        "with `syndicator edit`.",
    ),
    406: (
        "it cannot send anything that we accept",
        "A feed should be sent whatever is asked for; tell its owner, or look for another feed on the site.",
    ),
    408: ("it did not get our request in time", "It is tried again by itself."),
    410: (
        "it says that this feed is gone for good",
        "We ask twice more over three days before we believe it. Look on the site for a new feed.",
    ),
    429: (
        "we, or others at our address, ask too often",
        "The whole host rests as long as it asks. Give its sources a longer interval if this comes again.",
    ),
    451: ("the law forbids it to send this", "Nothing can be done from here; remove the source if it stays like this."),
    500: ("something failed inside it", "It is tried again by itself; tell its owner if it stays like this."),
    502: ("the server behind its gateway gave no proper answer", "It is tried again by itself."),
    503: ("it is overloaded or under repair", "It is tried again by itself."),
    504: ("the server behind its gateway gave no answer in time", "It is tried again by itself."),
}
_CLASSES = {
    1: ("that is no final answer", "Its server is set up wrongly; tell its owner."),
    2: ("it sent no document, or a part of one", "Check the address: this may not be a feed."),
    3: ("it points elsewhere without saying where", "Open the address in a browser and give us the one where it ends."),
    4: ("it refuses the request", "Check the address of the feed, or ask its owner."),
    5: ("its server is in trouble", "It is tried again by itself; tell its owner if it stays like this."),
}
_ODD = ("that is no status that we know", "Its server is set up wrongly; tell its owner.")

_FETCH = {
    "blocked_address": (
        "Its address leads into a network that is not public, where we do not go",
        "If it is yours, permit it with `allow_networks` under [polling] in syndicator.toml.",
    ),
    "blocked_port": (
        "Its address names a port where no feeds are, so we do not go there",
        "If it is right, permit it with `allow_ports` under [polling] in syndicator.toml.",
    ),
    "bad_url": ("Its address is not one that can be asked", "Correct it with `syndicator edit`."),
    "dns": (
        "The name of its host could not be found",
        "Check the address for a slip. If the site has moved, give its new address with `syndicator edit`.",
    ),
    "connect": (
        "Its host could not be reached: it is switched off, or refuses us",
        "It is tried again by itself. See whether the site opens in a browser.",
    ),
    "tls": (
        "Its host could not prove who it is, so we did not talk to it",
        "Its certificate may have run out or be for another name: tell its owner. We never accept it as it is.",
    ),
    "timeout": (
        "Its host was too slow, or stopped in the middle",
        "It is tried again by itself; tell its owner if it stays like this.",
    ),
    "too_large": (
        "What it sends is larger than any feed should be",
        "Ask its owner for a feed with fewer entries, or look for a smaller one on the site.",
    ),
    "redirect": (
        "It sends us from address to address without end, or to where we may not go",
        "Open it in a browser and give the address where it ends with `syndicator edit`.",
    ),
    "coding": (
        "What it sends is packed in a way that cannot be unpacked, or it swells beyond all bounds",
        "Its server is set up wrongly; tell its owner.",
    ),
    "protocol": (
        "What it sends is not whole, or not HTTP as it should be",
        "It is tried again by itself; tell its owner if it stays like this.",
    ),
}
_FETCH_ODD = ("It could not be fetched", "It is tried again by itself.")

_FEED = {
    "empty": (
        "It sends an empty document",
        "What we have of it stays. Tell its owner if it stays like this.",
    ),
    "not_a_feed": (
        "What it sends is not a feed: a web page, the login of a network, or a file of another kind",
        "Open it in a browser. `syndicator add` with the address of the site finds its feeds.",
    ),
    "parse": (
        "What it sends cannot be read as a feed",
        "Its owner can see what is wrong with `syndicator check` and the feed's address.",
    ),
    "too_complex": (
        "What it sends is beyond the bounds of a feed: nested too deep, or too much of it",
        "Ask its owner for a smaller feed.",
    ),
    "killed": (
        "Reading it took so much time or memory that it had to be stopped",
        "After three times it is not polled any more. Its owner can look at it with `syndicator check`.",
    ),
}
_FEED_ODD = _FEED["parse"]


def of_status(status: int | None) -> str:
    """What an HTTP status means for a poll, and what to do: `The site answered 404: …`."""
    if status is None:
        return "The site gave no answer. It is tried again by itself."
    meaning, advice = _STATUSES.get(status) or _CLASSES.get(status // 100, _ODD)
    return f"The site answered {status}: {meaning}. {advice}"


def of_error(error: FetchError | BadFeed) -> str:
    """What an error means for a poll, in particular, and what to do."""
    if isinstance(error, BadFeed):
        meaning, advice = _FEED.get(error.kind, _FEED_ODD)
    else:
        meaning, advice = _FETCH.get(error.kind, _FETCH_ODD)
    line = getattr(error, "line", None)
    detail = " ".join(error.reason.split()).rstrip(".")
    where = f"line {line}: {detail}" if line is not None else detail
    return f"{meaning} ({where}). {advice}" if where else f"{meaning}. {advice}"


def explain(what: Poll | PollState) -> str:
    """What is wrong, and what to do; empty where all is well.

    Of a poll what is wrong with it; of a state what keeps the source from being polled, or is wrong with the last.
    """
    if isinstance(what, Poll):
        return what.reason
    if what.condition is Condition.GONE:
        return GONE
    if what.condition is Condition.QUARANTINED:
        return DEADLY if what.deaths else LOST
    last = what.polls[0] if what.polls else None
    if last is None or last.result in (Result.NEW, Result.SAME, Result.NOT_MODIFIED, Result.MOVED):
        return ""
    return last.reason
