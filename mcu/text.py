"""Names and chat are text: normalised, without invisible control, measured in what a reader counts as letters.

A grapheme cluster is what one sees as one letter (Unicode Standard Annex 29): 각, é, 👨‍👩‍👧. Limits count those.
"""

from __future__ import annotations

import unicodedata

import regex

from mcu.errors import RefusedError

NAME_GRAPHEMES = 40  # the longest office in the register of public offices has 31
TITLE_GRAPHEMES = 80
CHAT_GRAPHEMES = 2_000
CAPTION_GRAPHEMES = 200  # four lines of subtitles; a sentence longer than that is sent in parts
CLUSTER_CODE_POINTS = 12  # a family emoji with skin tones has 11; beyond that it is stacked marks meant to deface

# Marks, embeddings, overrides and isolates of the bidirectional algorithm (UAX 9), and the byte order mark.
_BIDI = frozenset("\u061c\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069\ufeff")
_JOINERS = frozenset("\u200c\u200d")  # needed inside emoji and in some scripts
_DROPPED = frozenset({"Cc", "Cf", "Cs", "Co"})
_CLUSTER = regex.compile(r"\X")
_SEEN = regex.compile(r"[^\p{Default_Ignorable_Code_Point}\s]")  # not a joiner, a Hangul filler, a selector alone
_BLANKS = regex.compile(r"\s+")
_LINE_BREAKS = regex.compile(r"\r\n|[\r\u0085\u2028\u2029]")


def graphemes(text: str) -> list[str]:
    """`text` cut into grapheme clusters."""
    return list(_CLUSTER.findall(text))


def clean_line(text: str, *, limit: int, code: str) -> str:
    """One line: blanks run together, ends trimmed. Raises RefusedError(`code`) above `limit` grapheme clusters."""
    return _limited(_one_line(text), limit, code)


def cut_line(text: str, *, limit: int) -> str:
    """One line from a machine that nobody can ask for a shorter one: the first `limit` grapheme clusters."""
    return "".join(cluster[:CLUSTER_CODE_POINTS] for cluster in graphemes(_one_line(text))[:limit]).strip()


def clean_paragraphs(text: str, *, limit: int, code: str) -> str:
    """Several lines, for chat. Raises RefusedError(`code`) above `limit` grapheme clusters."""
    return _limited(_visible(_LINE_BREAKS.sub("\n", text), kept="\t\n").replace("\t", " ").strip(), limit, code)


def _one_line(text: str) -> str:
    return _BLANKS.sub(" ", _visible(_LINE_BREAKS.sub(" ", text), kept="\t\n")).strip()


def _visible(text: str, *, kept: str) -> str:
    """NFC, without control, format, surrogate and private code points except `kept` and joiners."""
    text = unicodedata.normalize("NFC", text.encode("utf-8", "replace").decode())
    return "".join(
        c for c in text if c in kept or c in _JOINERS or (c not in _BIDI and unicodedata.category(c) not in _DROPPED)
    )


def _limited(text: str, limit: int, code: str) -> str:
    clusters = graphemes(text)
    if len(clusters) > limit:
        raise RefusedError(code, f"{len(clusters)} grapheme clusters, {limit} allowed")
    return "".join(cluster[:CLUSTER_CODE_POINTS] for cluster in clusters)


def clean_name(text: str) -> str:
    """A person's name; never empty, nor looking so."""
    return _given(clean_line(text, limit=NAME_GRAPHEMES, code="name-too-long"), "name-empty")


def clean_office(text: str) -> str:
    """An office such as 종로구청장; may be empty."""
    return clean_line(text, limit=NAME_GRAPHEMES, code="office-too-long")


def clean_room(text: str) -> str:
    """What a room is called in a list; may be empty, as the room has a name of its own."""
    line = clean_line(text, limit=NAME_GRAPHEMES, code="name-too-long")
    return line if _SEEN.search(line) else ""


def clean_title(text: str) -> str:
    """The title of a conference; never empty."""
    return _given(clean_line(text, limit=TITLE_GRAPHEMES, code="title-too-long"), "title-empty")


def clean_chat(text: str) -> str:
    """A line of chat, which may have several lines; never empty."""
    return _given(clean_paragraphs(text, limit=CHAT_GRAPHEMES, code="chat-too-long"), "chat-empty")


def clean_caption(text: str) -> str:
    """A line of captions; may be empty, which takes back what was there, and so does one in which nothing is seen."""
    line = clean_line(text, limit=CAPTION_GRAPHEMES, code="caption-too-long")
    return line if _SEEN.search(line) else ""


def _given(text: str, code: str) -> str:
    if not _SEEN.search(text):
        raise RefusedError(code)
    return text
