"""What people are told: one row for each code, with the HTTP status it has in REST, WHIP and WHEP."""

from __future__ import annotations

from typing import NamedTuple

from mcu.errors import RefusedError
from mcu.h323.events import EndReason
from mcu.signaling.protocol import Sentence


class Text(NamedTuple):
    """`status` per RFC 9110; sentences say what happened and, where there is something to do, what."""

    status: int
    ko: str
    en: str


TEXTS: dict[str, Text] = {
    # what was sent cannot be understood
    "invalid-message": Text(400, "메시지의 형식이 잘못되었습니다.", "The message is malformed."),
    "invalid-body": Text(400, "요청 본문의 형식이 잘못되었습니다.", "The request body is malformed."),
    "too-large": Text(413, "보낸 내용이 너무 큽니다.", "What was sent is too large."),
    "too-deep": Text(400, "메시지가 너무 깊게 중첩되어 있습니다.", "The message is nested too deeply."),
    "media-type": Text(415, "지원하지 않는 콘텐츠 형식입니다.", "This content type is not supported here."),
    "binary-message": Text(400, "텍스트 메시지만 받습니다.", "Only text messages are accepted."),
    "not-entered": Text(409, "먼저 회의에 입장해야 합니다.", "Enter the conference first."),
    "already-entered": Text(409, "이미 회의에 입장했습니다.", "You have entered already."),
    "too-fast": Text(
        429, "요청이 너무 잦습니다. 잠시 후 다시 시도하십시오.", "Too many requests. Try again in a moment."
    ),
    "too-slow": Text(
        408, "연결이 너무 느려 끊겼습니다. 다시 연결합니다.", "The connection was too slow and was closed."
    ),
    "too-many-attempts": Text(
        429, "시도 횟수를 초과했습니다. 몇 분 후 다시 시도하십시오.", "Too many attempts. Try again in a few minutes."
    ),
    "too-many-connections": Text(
        429, "이 주소에서 온 연결이 너무 많습니다.", "There are too many connections from this address."
    ),
    "not-found": Text(404, "요청한 주소를 찾을 수 없습니다.", "There is nothing at this address."),
    "method-not-allowed": Text(405, "허용되지 않는 요청 방식입니다.", "This method is not allowed here."),
    "internal": Text(500, "서버 내부 오류입니다. 다시 시도하십시오.", "The server has failed. Please try again."),
    "server-stopping": Text(
        503, "서버를 멈추는 중입니다. 잠시 후 다시 시도하십시오.", "The server is stopping. Try again in a moment."
    ),
    "disk-full": Text(
        503,
        "서버의 디스크가 가득 찼습니다. 공간을 비우면 다시 시작하지 않아도 됩니다.",
        "The disk of the server is full. Make room; no restart is needed.",
    ),
    "database-failed": Text(
        503,
        "데이터베이스에 쓸 수 없습니다. 서버 로그를 보고 [database] url, 권한, 디스크를 확인하십시오.",
        "The database takes no writes. See the log of the server, then check [database] url, permissions, disk.",
    ),
    # entering
    "no-such-conference": Text(
        404, "회의를 찾을 수 없습니다. 링크를 확인하십시오.", "There is no such conference. Check the link."
    ),
    "number-or-pin-wrong": Text(
        403, "회의 번호 또는 비밀번호가 맞지 않습니다.", "The meeting number or the PIN is wrong."
    ),
    "door-missing": Text(
        400,
        "회의 링크, 또는 회의 번호와 비밀번호가 필요합니다.",
        "A link, or a meeting number with its PIN, is needed.",
    ),
    "chair-key-wrong": Text(403, "의장 열쇠가 맞지 않습니다.", "The chair's key is wrong."),
    "conference-ended": Text(410, "종료된 회의입니다.", "This conference has ended."),
    "conference-full": Text(
        503, "정원이 차서 입장할 수 없습니다.", "The conference is full; nobody else can enter now."
    ),
    "conference-locked": Text(
        403, "잠긴 회의입니다. 의장에게 문의하십시오.", "The conference is locked. Please ask the chair."
    ),
    "name-empty": Text(400, "이름을 입력하십시오.", "Please give a name."),
    "name-too-long": Text(400, "이름은 40자까지입니다.", "A name may have up to 40 letters."),
    "office-too-long": Text(400, "직함은 40자까지입니다.", "An office may have up to 40 letters."),
    "title-empty": Text(400, "회의 제목을 입력하십시오.", "Please give the conference a title."),
    "title-too-long": Text(400, "회의 제목은 80자까지입니다.", "A title may have up to 80 letters."),
    "resume-unknown": Text(403, "이전 입장 정보를 확인할 수 없습니다.", "The earlier participation is not known."),
    "resume-over": Text(410, "이미 끝난 참가입니다. 다시 입장하십시오.", "That participation is over. Enter again."),
    "superseded": Text(
        409,
        "다른 창이나 기기에서 다시 접속하여 이 연결을 닫습니다.",
        "You connected again elsewhere; this one is closed.",
    ),
    # in the conference
    "not-permitted": Text(403, "이 작업을 할 권한이 없습니다.", "You may not do this."),
    "no-such-participant": Text(404, "그 참가자는 회의에 없습니다.", "That participant is not in the conference."),
    "muted-by-chair": Text(403, "의장이 마이크를 껐습니다.", "The chair has muted you."),
    "layout-invalid": Text(400, "화면 배치가 잘못되었습니다.", "The layout cannot be drawn."),
    "chat-empty": Text(400, "내용을 입력하십시오.", "Please write something."),
    "chat-too-long": Text(400, "한 번에 2000자까지 보낼 수 있습니다.", "A message may have up to 2000 letters."),
    "caption-too-long": Text(400, "자막은 한 줄에 200자까지입니다.", "A line of captions may have up to 200 letters."),
    # rooms
    "h323-off": Text(
        501,
        "이 서버는 회의실에 전화를 걸 수 없습니다. 관리자가 [h323] 설정을 켜야 합니다.",
        "This server cannot call rooms. Its operator has to switch [h323] on.",
    ),
    "no-such-room": Text(404, "그 회의실은 목록에 없습니다.", "That room is not on the list."),
    "too-many-rooms": Text(409, "회의실은 60곳까지 등록할 수 있습니다.", "A list may have up to 60 rooms."),
    "not-a-room": Text(409, "회의실이 아닌 참가자에게는 키를 보낼 수 없습니다.", "Keys can be sent to rooms only."),
    "keys-invalid": Text(
        400,
        "보낼 수 있는 키는 0~9, *, #, A~D이고 한 번에 32개까지입니다.",
        "Keys are 0 to 9, *, # and A to D, at most 32 at once.",
    ),
    "address-invalid": Text(
        400,
        "올바른 주소가 아닙니다. 10.20.30.40, 10.20.30.40##7301, room.example.kr처럼 입력하십시오.",
        "This is not a valid address. Write it like 10.20.30.40, 10.20.30.40##7301 or room.example.kr.",
    ),
    "no-gatekeeper": Text(
        409,
        "번호나 이름으로 걸려면 게이트키퍼가 필요합니다. 10.20.30.40과 같은 주소로 거십시오.",
        "Numbers and names need a gatekeeper. Use an address such as 10.20.30.40.",
    ),
    "address-unknown": Text(
        404,
        "그 이름의 주소를 찾을 수 없습니다. 철자를 확인하십시오.",
        "No address was found for that name. Check how it is spelt.",
    ),
    "gatekeeper-silent": Text(
        503,
        "게이트키퍼가 응답하지 않아 번호나 이름으로 걸 수 없습니다. 주소로 걸거나 관리자에게 문의하십시오.",
        "The gatekeeper does not answer, so numbers and names cannot be called. Use an address, or ask the operator.",
    ),
    "gatekeeper-password": Text(
        503,
        "게이트키퍼가 이 서버의 비밀번호를 거부하여 번호나 이름으로 걸 수 없습니다. 관리자에게 문의하십시오.",
        "The gatekeeper refuses this server's password, so numbers and names cannot be called. Ask the operator.",
    ),
    "gatekeeper-refused": Text(
        503,
        "게이트키퍼가 이 서버의 등록을 거부하여 번호나 이름으로 걸 수 없습니다. 관리자에게 문의하십시오.",
        "The gatekeeper refuses to register this server, so numbers and names cannot be called. Ask the operator.",
    ),
    "ports-taken": Text(
        503,
        "다른 프로그램이 서버의 미디어 포트를 쓰고 있습니다. 관리자가 [media] rtp_port를 바꾸어야 합니다.",
        "Other programs hold the server's media ports. Its operator has to change [media] rtp_port.",
    ),
    "address-unreachable": Text(
        502, "서버에서 그 주소로 가는 길이 없습니다.", "There is no way from the server to that address."
    ),
    # media
    "media-unavailable": Text(
        503,
        "미디어 서버를 준비하고 있습니다. 잠시 후 다시 시도합니다.",
        "The media server is starting. Trying again shortly.",
    ),
    "busy": Text(503, "서버가 바쁩니다. 잠시 후 다시 시도하십시오.", "The server is busy. Try again in a moment."),
    "media-lost": Text(200, "미디어 연결을 다시 맺습니다.", "The media connection is being made again."),
    "no-such-leg": Text(409, "미디어 연결이 없습니다. 다시 연결합니다.", "There is no media connection. Offer again."),
    "no-such-bridge": Text(503, "미디어 서버를 다시 준비하고 있습니다.", "The media server is being prepared again."),
    "host-unknown": Text(
        503,
        "이 서버의 주소로 미디어 포트를 열 수 없습니다.",
        "Media ports cannot be opened at this address of the server.",
    ),
    "loop": Text(409, "통화가 같은 회의로 되돌아왔습니다.", "The call came back into the conference it was made from."),
    "leg-exists": Text(409, "이미 있는 미디어 연결입니다.", "This media connection exists already."),
    "channel-invalid": Text(400, "미디어 채널의 설정이 잘못되었습니다.", "A media channel is described wrongly."),
    "cipher-unknown": Text(406, "지원하지 않는 암호화 방식입니다.", "This encryption is not supported."),
    "leg-replaced": Text(409, "새 미디어 연결로 바뀌었습니다.", "A newer media connection took over."),
    "sdp-invalid": Text(400, "SDP의 형식이 잘못되었습니다.", "The SDP is malformed."),
    "sdp-too-large": Text(413, "SDP가 너무 큽니다.", "The SDP is too large."),
    "sdp-nothing-in-common": Text(
        406, "서버와 공통된 코덱이 없습니다.", "The offer has no codec in common with the server."
    ),
    "sdp-changed": Text(
        400, "ICE 재시작에서는 미디어 구성을 바꿀 수 없습니다.", "An ICE restart must not change the media lines."
    ),
    "sdp-fingerprint-changed": Text(
        400, "ICE 재시작에서는 인증서를 바꿀 수 없습니다.", "An ICE restart must not change the certificate."
    ),
    "sdp-dtls-role": Text(400, "DTLS 역할이 맞지 않습니다.", "The offer must leave the server a DTLS role (actpass)."),
    "sdp-ice-lite": Text(400, "ICE-lite 끼리는 연결할 수 없습니다.", "Two ICE-lite agents cannot connect."),
    "sdp-no-bundle": Text(400, "BUNDLE이 필요합니다.", "The offer must bundle its media (RFC 9143)."),
    "sdp-no-dtls": Text(400, "DTLS-SRTP가 필요합니다.", "The offer must use DTLS-SRTP."),
    "sdp-no-ice": Text(400, "ICE가 필요합니다.", "The offer must use ICE."),
    "sdp-no-rtcp-mux": Text(400, "rtcp-mux가 필요합니다.", "The offer must use rtcp-mux (RFC 8834)."),
    "codec-unknown": Text(406, "지원하지 않는 코덱입니다.", "The codec is not supported."),
    "candidate-invalid": Text(400, "ICE 후보의 형식이 잘못되었습니다.", "The ICE candidate is malformed."),
    # REST, WHIP and WHEP
    "unauthorized": Text(401, "API 열쇠가 필요합니다.", "An API key is needed."),
    "local-only": Text(
        403,
        "API 열쇠가 설정되지 않아 이 컴퓨터에서만 쓸 수 있습니다.",
        "Without an API key only this machine may do that.",
    ),
    "origin-refused": Text(403, "다른 사이트에서 온 요청은 받지 않습니다.", "Requests from other sites are refused."),
    "token-missing": Text(401, "접속 토큰이 필요합니다.", "A bearer token is needed."),
    "token-invalid": Text(401, "접속 토큰이 잘못되었거나 만료되었습니다.", "The token is wrong or has expired."),
    "token-elsewhere": Text(403, "이 회의에 쓸 수 없는 토큰입니다.", "The token is not good for this."),
    "no-such-session": Text(404, "이미 끝난 연결입니다.", "This media session is over."),
    "session-changed": Text(412, "ICE 세션이 바뀌었습니다.", "The ICE session has changed (If-Match)."),
    "if-match-missing": Text(428, "If-Match 헤더가 필요합니다.", "An If-Match header is needed."),
    # why a connection ends
    "left": Text(200, "회의에서 나왔습니다.", "You have left the conference."),
    "removed": Text(200, "의장이 회의에서 내보냈습니다.", "The chair has removed you from the conference."),
    "lost": Text(200, "연결이 끊겨 회의에서 나왔습니다.", "The connection was lost for too long."),
}


# The same where a conference is named by its id in the path of REST, which is neither its link nor its number.
ID_TEXTS: dict[str, Text] = {
    "no-such-conference": Text(
        404,
        "그런 id의 회의가 없습니다. 링크나 회의 번호가 아니라 GET /api/v1/conferences가 알려 주는 id를 쓰십시오.",
        "There is no conference of that id. Use the id that GET /api/v1/conferences tells, neither link nor number.",
    ),
}


# Why a call to a room is over, for whoever reads the list.
CALL_ENDS: dict[EndReason, Sentence] = {
    EndReason.HUNG_UP: Sentence(ko="통화를 끝냈습니다.", en="The call was ended."),
    EndReason.BUSY: Sentence(ko="통화 중입니다.", en="The room is busy."),
    EndReason.DECLINED: Sentence(ko="회의실에서 통화를 거절했습니다.", en="The call was declined."),
    EndReason.NO_ANSWER: Sentence(ko="응답이 없습니다.", en="Nobody answered."),
    EndReason.NOT_FOUND: Sentence(ko="그런 주소나 번호가 없습니다.", en="There is nobody at this address or number."),
    EndReason.UNREACHABLE: Sentence(
        ko="연결할 수 없습니다. 회의실 장비의 전원과 주소를 확인하십시오.",
        en="The room cannot be reached. Check that it is on, and its address.",
    ),
    EndReason.NOTHING_IN_COMMON: Sentence(
        ko="회의실 장비와 공통된 코덱이 없습니다.", en="The room has no codec in common with this server."
    ),
    EndReason.NOT_ALLOWED: Sentence(
        ko="회의실이나 게이트키퍼가 통화를 허용하지 않았습니다.",
        en="The room or its gatekeeper refuses the call.",
    ),
    EndReason.NO_BANDWIDTH: Sentence(
        ko="게이트키퍼가 대역폭을 허용하지 않았습니다.", en="The gatekeeper has no bandwidth for the call."
    ),
    EndReason.RESOURCES: Sentence(
        ko="서버가 바쁩니다. 잠시 후 다시 거십시오.", en="The server is busy. Call again in a moment."
    ),
    EndReason.TIMED_OUT: Sentence(
        ko="회의실 장비가 제때 응답하지 않았습니다.", en="The room did not answer the protocol in time."
    ),
    EndReason.PROTOCOL_ERROR: Sentence(
        ko="회의실 장비의 신호를 이해할 수 없습니다.", en="What the room sent could not be understood."
    ),
    EndReason.CONNECTION_LOST: Sentence(ko="연결이 끊겼습니다.", en="The connection was lost."),
    EndReason.CONFERENCE_ENDED: Sentence(ko="회의가 끝났습니다.", en="The conference has ended."),
    EndReason.REPLACED: Sentence(ko="다른 통화로 바뀌었습니다.", en="Another call took its place."),
}


def text(code: str) -> Text:
    """The row of `code`; what a newer processor may refuse and we do not know is told in general words."""
    return TEXTS.get(code) or TEXTS["sdp-invalid" if code.startswith("sdp-") else "internal"]


def sentence(code: str) -> Sentence:
    row = text(code)
    return Sentence(ko=row.ko, en=row.en)


def status(error: RefusedError) -> int:
    return text(error.code).status
