"""The files that an Asterisk of a test reads: no more modules than a call needs, and a dialplan that keeps a diary.

Rules:
1. Modules are loaded in the order that they stand here: with autoload=no nothing brings them into another.
2. `dtmfmode` stands in [general] only: a friend's is added to the general one, it does not replace it.
3. A call that comes in is let be for 0.2 s: its media is prepared in another thread, and an extension that begins
   before that hears nothing to the end of the call (one call of six), or refuses with cause 111.
4. Answer() would wait half a second for media, and an echo then return what came in one burst: option i does not
   wait. Edition.OLDER does not know it: there half a second of every call that it answers goes by before its extension.
5. Every extension appends to the diary what happened, one event a line: kind, call, value.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum

MODULES = (
    *("res_timing_timerfd", "res_sorcery_config", "res_sorcery_memory", "res_sorcery_astdb", "res_pjproject"),
    *("res_rtp_asterisk", "codec_alaw", "codec_ulaw", "codec_gsm", "format_wav", "func_env", "func_logic"),
    *("app_echo", "app_exec", "app_mixmonitor", "app_playtones", "app_read", "app_record", "app_senddtmf"),
    *("app_stack", "pbx_config", "pbx_spool", "chan_ooh323"),
)
TRACE_LEVEL = 6  # the highest: every PDU in clear text


class Dtmf(StrEnum):
    """How Asterisk sends digits; it understands all but RFC2833 from others at any time.

    RFC2833: Edition.OLDER sends events of payload type 101 and understands none; Edition.CURRENT ends the call.
    """

    ALPHANUMERIC = "h245alphanumeric"
    SIGNAL = "h245signal"
    KEYPAD = "q931keypad"
    RFC2833 = "rfc2833"
    INBAND = "inband"


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """What a test chooses."""

    address: str
    port: int
    name: str  # its H.323 ID
    number: str  # its E.164 alias; "" for none
    fast_start: bool
    tunneling: bool
    dtmf: Dtmf
    codecs: Sequence[str]  # by Asterisk's names, the best first
    callers: Sequence[str]  # addresses that calls are taken from
    gatekeeper: str  # its address; "" for none
    rtp_ports: tuple[int, int]
    record_seconds: int


def files(settings: Settings, folder: str, peers: Mapping[str, str]) -> dict[str, str]:
    """Contents by name, for a folder that Asterisk calls so."""
    modules = "".join(f"load = {name}.so\n" for name in MODULES)
    first, last = settings.rtp_ports
    return {
        "asterisk.conf": MAIN.format(folder=folder),
        "modules.conf": f"[modules]\nautoload = no\n{modules}",
        "logger.conf": "[general]\ndateformat = %T.%3q\n[logfiles]\nlog => notice,warning,error,verbose(3),dtmf\n",
        "rtp.conf": f"[general]\nrtpstart = {first}\nrtpend = {last}\n",
        "ooh323.conf": channel(settings, folder, peers),
        "extensions.conf": DIALPLAN.format(folder=folder, seconds=settings.record_seconds),
    }


def channel(settings: Settings, folder: str, peers: Mapping[str, str]) -> str:
    """ooh323.conf; `peers` are those it can call, name by address:port."""
    lines = [
        "[general]",
        f"bindaddr = {settings.address}",
        f"port = {settings.port}",
        f"h323id = {settings.name}",
        *([f"e164 = {settings.number}"] if settings.number else []),
        f"faststart = {_word(settings.fast_start)}",
        f"h245tunneling = {_word(settings.tunneling)}",
        f"gatekeeper = {settings.gatekeeper or 'DISABLE'}",
        "context = peers",
        "disallow = all",
        *(f"allow = {codec}" for codec in settings.codecs),
        f"dtmfmode = {settings.dtmf}",
        "faxdetect = no",
        "t38support = no",
        f"tracelevel = {TRACE_LEVEL}",
        f"logfile = {folder}/trace",
    ]
    for count, address in enumerate(settings.callers):
        lines += [f"[caller{count}]", "type = user", f"ip = {address}"]
    for where, name in peers.items():
        address, port = where.rsplit(":", 1)
        lines += [f"[{name}]", "type = peer", f"ip = {address}", f"port = {port}"]
    return "\n".join(lines) + "\n"


def _word(choice: bool) -> str:
    return "yes" if choice else "no"


MAIN = """[directories]
astetcdir => {folder}
astdbdir => {folder}
astkeydir => {folder}
astspooldir => {folder}/spool
astrundir => {folder}
astlogdir => {folder}
[options]
nocolor = yes
hideconnect = yes
transmit_silence = yes
"""

DIALPLAN = """[globals]
FOLDER={folder}
SECONDS={seconds}
TONE=1000
DIGITS=1234#
HOLD=3600
[ending]
exten => h,1,ExecIf($["${{RECORDING}}" = "yes"]?Set(FILE(${{DIARY}},,,al)=recorded ${{CALL}} ${{SOUND}}))
 same => n,ExecIf($["${{DIARY}}" != ""]?Set(FILE(${{DIARY}},,,al)=ended ${{CALL}} ${{HANGUPCAUSE}}))
[begin]
include => ending
exten => s,1,Set(CALL=${{IF($["${{CALL}}" = ""]?${{UNIQUEID}}:${{CALL}})}})
 same => n,Set(DIARY=${{FOLDER}}/diary)
 same => n,Set(SOUND=${{FOLDER}}/${{CALL}}.wav)
 same => n,ExecIf($["${{CALL}}" = "${{UNIQUEID}}"]?Wait(0.2))
 same => n,Return()
[answer]
include => ending
exten => s,1,Gosub(begin,s,1)
 same => n,Answer(,i)
 same => n,Set(FILE(${{DIARY}},,,al)=answered ${{CALL}} ${{ARG1}})
 same => n,Return()
[answer-and-record]
include => ending
exten => s,1,Gosub(answer,s,1(${{ARG1}}))
 same => n,MixMonitor(,r(${{SOUND}}),echo recorded ${{CALL}} ${{SOUND}} >> ${{DIARY}})
 same => n,Return()
[peers]
include => ending
exten => s,1,Goto(600,1)
exten => 600,1,Gosub(answer-and-record,s,1(${{EXTEN}}))
 same => n,Echo()
exten => 601,1,Gosub(answer-and-record,s,1(${{EXTEN}}))
 same => n,Playtones(${{TONE}})
 same => n,Wait(${{HOLD}})
exten => 602,1,Gosub(answer,s,1(${{EXTEN}}))
 same => n,Set(RECORDING=yes)
 same => n,Record(${{SOUND}},0,${{SECONDS}},qkx)
 same => n,Hangup()
exten => 603,1,Gosub(answer-and-record,s,1(${{EXTEN}}))
 same => n,Wait(1)
 same => n,SendDTMF(${{DIGITS}},200,120)
 same => n,Set(FILE(${{DIARY}},,,al)=sent ${{CALL}} ${{DIGITS}})
 same => n,Wait(${{HOLD}})
exten => 604,1,Gosub(answer-and-record,s,1(${{EXTEN}}))
 same => n(next),Read(DIGIT,,1,,1,60)
 same => n,GotoIf($["${{READSTATUS}}" = "TIMEOUT"]?next)
 same => n,GotoIf($["${{READSTATUS}}" != "OK"]?over)
 same => n,Set(FILE(${{DIARY}},,,al)=digit ${{CALL}} ${{IF($["${{DIGIT}}" = ""]?#:${{DIGIT}})}})
 same => n,Goto(next)
 same => n(over),Hangup()
exten => 605,1,Gosub(begin,s,1)
 same => n,Ringing()
 same => n,Wait(3600)
exten => 606,1,Gosub(begin,s,1)
 same => n,Hangup(17)
exten => failed,1,Gosub(begin,s,1)
 same => n,Set(FILE(${{DIARY}},,,al)=failed ${{CALL}} ${{REASON}})
"""
