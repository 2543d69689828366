"""What stands for a name where there is room for two letters: on a tile's disc, and in the page's list of people.

The same rule is in web-client/state/initials.js; web-client/tests/initials.json has the cases of both. It keeps what
tells people apart: of a Korean person the given name (정문헌: 문헌), of an office its beginning (종로구청: 종로), of a
number its end (7301: 01), of other names the first letters of the first and the last word (Ada Lovelace: AL).

1. A name that only says what kind of room it is (대회의실) gives way to the office.
2. A city or province before a city, county or district is passed over: 서울특별시 종로구청 is 종로.
3. A Korean word of up to four syllables is a person's name, unless its ending or the word itself says otherwise.
"""

from __future__ import annotations

import re

from mcu.mixer.lettering import clean
from mcu.text import graphemes

_BETWEEN = re.compile(r"[\s()\[\]{}<>\",/·]+")
_CJK = re.compile(r"[\u1100-\u11ff\u3040-\ud7ff\uf900-\ufaff]")
_NUMBER = re.compile(r"[0-9.:#*+-]*?([0-9]{1,2})[.:#*+-]*")
_ANY_ROOM = re.compile(r"(?:[대중소]|화상|영상|제?[0-9]+)?(?:회의실|상황실|강당)")
_PROVINCE = re.compile(r"(?:(충)청|(전)라|(경)상)([남북])도")  # 충청북도 is 충북
_AROUND = re.compile(r".+[시도]")
_WITHIN = re.compile(r"(?!부[시구군]).+[구시군](?:청장?|장)?")
# Districts, provinces and ministries of three syllables that could be people by their ending.
_DISTRICTS = (
    "종로|용산|성동|광진|중랑|성북|강북|도봉|노원|은평|마포|양천|강서|구로|금천|동작|관악|서초|강남|송파|강동|"
    "영도|동래|사하|금정|연제|수영|사상|수성|달서|연수|남동|부평|계양|광산|유성|대덕"
)
_OFFICE = re.compile(
    rf".{{2}}[청처시군]|(?:{_DISTRICTS})구|(?:경기|강원|제주)도|(?:국방|외교|통일|법무|교육|환경)부|감사원|회의실"
    r"|(?!남궁|황보|선우|제갈|사공|독고).{3}[구시군도청부처원실국과팀회장소관단사]|.{2}군수|.{5,}"
)


def initials(name: str, office: str) -> str:
    """At most two characters as a reader counts them, nothing where both are empty."""
    words = _words(name) or _words(office)
    if words and _ANY_ROOM.fullmatch(words[0]):
        words = _words(office) or words
    while len(words) > 1 and _is_around(words[0]) and _WITHIN.fullmatch(words[1]):
        words = words[1:]
    if not words:
        return ""
    word = words[0]
    if number := _NUMBER.fullmatch(word):
        return number[1]
    if not _CJK.match(word):
        return "".join(graphemes(one)[0] for one in (word, *words[1:][-1:])).upper()
    if province := _PROVINCE.match(word):
        return "".join(part for part in province.groups() if part)
    characters = graphemes(word)
    return "".join(characters[:2] if _OFFICE.fullmatch(word) else characters[-2:])


def _words(text: str) -> list[str]:
    text = clean(text)
    return [word for word in _BETWEEN.split(text) if word] or text.split()


def _is_around(word: str) -> bool:
    return bool(_OFFICE.fullmatch(word) and _AROUND.fullmatch(word))
