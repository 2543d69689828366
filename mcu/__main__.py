"""The command line: `mcu COMMAND --help` explains each command."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import Annotated

import msgspec
import typer
from rich.console import Console

from mcu import __version__
from mcu.config import Config, load
from mcu.errors import ConfigurationError, RefusedError

DEFAULT_FILE = Path("mcu.toml")
EXIT_CONFIGURATION = 2

app = typer.Typer(
    name="mcu",
    no_args_is_help=True,
    add_completion=False,
    rich_markup_mode="rich",
    pretty_exceptions_enable=False,
    help="Conferencing server: browsers in, one mixed picture and everyone else's voice out.\n\n"
    "Start with [bold]mcu demo[/] to see a full meeting, [bold]mcu serve[/] to hold your own, "
    "[bold]mcu doctor[/] when something does not work.",
)
ConfigFile = Annotated[
    Path | None,
    typer.Option("--config", "-c", envvar="MCU_CONFIG", help="TOML file; mcu.toml in this folder when it exists."),
]


@app.command()
def serve(config: ConfigFile = None) -> None:
    """Run the server until Ctrl-C: web page, signaling, media."""
    from mcu.cli import serve as command

    command.run(_load(config))


@app.command()
def demo(
    config: ConfigFile = None,
    participants: Annotated[int, typer.Option(min=1, max=35, help="How many synthetic office holders.")] = 24,
    server: Annotated[str, typer.Option(help="Fill a conference on this running server instead of starting one.")] = "",
    conference: Annotated[str, typer.Option(help="With --server: the id in the link; a new one when left out.")] = "",
    media: Annotated[
        Path | None, typer.Option(envvar="MCU_MEDIA", help="Folder with clips (.264) and voices (.flac) to use.")
    ] = None,
    child: Annotated[bool, typer.Option(hidden=True, help="End when the process that started this one ends.")] = False,
) -> None:
    """Show a conference already filled with synthetic office holders; open the printed address and join."""
    from mcu.cli import demo as command

    options = command.Options(
        participants=participants,
        server=server,
        conference=conference,
        media=media,
        config_file=config,
        child=child,
    )
    command.run(_load(config), options)


@app.command()
def doctor(config: ConfigFile = None) -> None:
    """Check this installation: ports, certificate, codecs, fonts, CPU, addresses; says what to do about each."""
    from mcu.cli import doctor as command

    raise typer.Exit(command.run(_load(config)))


@app.command()
def bench(
    runs: Annotated[
        int | None, typer.Option(min=1, max=99, help="Stretches of each contender; 5, 2 with --quick.")
    ] = None,
    seconds: Annotated[float | None, typer.Option(help="Seconds of a stretch, at least 4; 10, 4 with --quick.")] = None,
    variants: Annotated[
        str,
        typer.Option(
            help="Loads to compare, with commas: reference, 25fps, 360p, h264, audio, 100people, 100viewers, content, "
            "untold, or all."
        ),
    ] = "reference",
    only: Annotated[
        str | None,
        typer.Option(
            help="Sections to measure, with commas: compare, aiortc, composite, received, participants, viewers, "
            "layouts, sizes, lines, endurance, or all, as when left out. Others keep what they had."
        ),
    ] = None,
    quick: Annotated[
        bool,
        typer.Option(
            "--quick",
            help="Short stretches, and without --only compare and composite alone: two minutes on a machine with "
            "nothing else to do, some more where faces and voices have to be made first.",
        ),
    ] = False,
    output: Annotated[
        Path | None, typer.Option(help="File to write and to go on from; var/bench.json when left out.")
    ] = None,
) -> None:
    """Measure the server against the bare codecs, FFmpeg and GStreamer: thirty people, interleaved runs, ratios.

    Everything takes about 45 minutes; begin with --quick. A machine with nothing else to do gives the best figures.
    docs/performance.md explains each.

    compare: the server by floor, FFmpeg and GStreamer, interleaved. aiortc: by a plain aiortc mixing server, at the
    largest number that it carries. composite: CPU of one. received: delays, and the quality of what is sent.
    participants, viewers, layouts, sizes: how cost grows. lines: what people receive through bad lines, and from a
    server with too little CPU (as root). endurance: ticks missed in ten minutes.
    """
    from mcu.cli import bench as command

    options = command.Options(runs=runs, seconds=seconds, variants=variants, only=only, quick=quick, output=output)
    raise typer.Exit(command.run(options))


h323 = typer.Typer(no_args_is_help=True, help="Look at calls of H.323 rooms, and make some (docs/h323.md).")
app.add_typer(h323, name="h323")


@h323.command("trace")
def h323_trace(
    capture: Annotated[
        Path | None, typer.Argument(help="A file that tcpdump or Wireshark saved (pcap, pcapng).")
    ] = None,
    live: Annotated[
        str, typer.Option(help="Instead: show what passes on this network interface, as root, until Ctrl-C.")
    ] = "",
    media: Annotated[bool, typer.Option("--media", help="Say also when streams of sound and pictures begin.")] = False,
) -> None:
    """Draw a call as a ladder: who said what to whom, in words. A column for each host, an arrow for each message.

    Save what passes to and from a room, as root: [bold]tcpdump -i any -w call.pcap host 10.20.30.40[/]

    With a gatekeeper, or when the room's address is not known, and with sound and pictures for --media:
    [bold]tcpdump -i any -w call.pcap 'tcp or udp portrange 1718-1720 or udp portrange 20000-20599'[/]
    """
    from mcu.cli import h323 as command

    if (capture is None) == (not live):
        raise ConfigurationError("Give a capture file, or --live with an interface: mcu h323 trace call.pcap")
    command.trace(capture, live, media=media)


Dialled = Annotated[
    str,
    typer.Argument(
        help="ADDRESS, ADDRESS:PORT, ADDRESS##NUMBER, NAME@ADDRESS; into a conference of this server "
        "ADDRESS##NUMBER##PIN or ADDRESS##LINK. ADDRESS is numeric or a name of the DNS. Quote it for the shell."
    ),
]


@h323.command("call")
def h323_call(
    dialled: Dialled,
    seconds: Annotated[float, typer.Option(min=1, max=86_400, help="How long to stay in the call.")] = 10.0,
    keys: Annotated[str, typer.Option(help="Keys to press once the call stands, such as 123456789#.")] = "",
    fast_start: Annotated[bool, typer.Option(help="Offer fastStart.")] = False,
    tunnelling: Annotated[bool, typer.Option(help="Offer to tunnel H.245.")] = True,
    save: Annotated[
        Path | None,
        typer.Option(
            help="A folder, for what came: the last 30 s of sound (sound.wav), the last picture (picture.png)."
        ),
    ] = None,
) -> None:
    """Call a room, a bridge or this server as a room would: sends a tone and a test picture, says what comes back.

    [bold]mcu h323 call '127.0.0.1##123456789##123456'[/]  number and PIN: straight into the conference

    [bold]mcu h323 call 127.0.0.1 --keys '123456789#123456#' --save heard[/]  by the keypad; keeps prompts and card

    [bold]mcu h323 call '10.20.30.40##7301' --seconds 30[/]  an alias at a bridge

    "hears" is the loudness of the last second: speech is -40 to -15 dB, the tone of another such call -17; -90 is
    silence; above -3 it is distorted. "sees" is the rate of pictures: 0.0 for seconds means none come.

    Exit codes: 0 it was answered, 1 no call came about, 2 the address or a setting is wrong.
    """
    from mcu.cli import h323_calls as command

    console = Console(highlight=False)
    raise typer.Exit(
        command.call(
            dialled,
            seconds=seconds,
            fast_start=fast_start,
            tunnelling=tunnelling,
            keys=keys,
            console=console,
            save=save,
        )
    )


@h323.command("answer")
def h323_answer(
    address: Annotated[str, typer.Argument(help="ADDRESS or ADDRESS:PORT of this machine.")] = "127.0.0.1:1721",
    name: Annotated[str, typer.Option(help="What the room calls itself.")] = "시험 회의실",
) -> None:
    """Be a room that takes every call, one at a time, until Ctrl-C: beeps, shows a test picture, says what comes.

    To try calling out without hardware: [bold]mcu h323 answer[/], then call 127.0.0.1:1721 from the page of a
    conference on this machine.
    """
    from mcu.cli import h323_answer as command

    raise typer.Exit(command.answer(address, name=name, console=Console(highlight=False)))


@h323.command("probe")
def h323_probe(dialled: Dialled) -> None:
    """Call somebody just to print what it is, what it can do and what would be agreed on; it may ring there.

    [bold]mcu h323 probe 10.20.30.40[/]

    Exit codes: 0 it said what it can, 1 it did not or there was no call, 2 the address is wrong.
    """
    from mcu.cli import h323_calls as command

    raise typer.Exit(command.probe(dialled, console=Console(highlight=False)))


@app.command(hidden=True)
def processor(
    fd: Annotated[int, typer.Option(help="Inherited control connection.")],
    index: Annotated[int, typer.Option(help="Number of this processor, from 0.")],
    settings: Annotated[str, typer.Option(help="Settings as JSON.")],
) -> None:
    """A media processor; started by `serve`, never by hand."""
    from mcu.cli import logs
    from mcu.processor import process

    decoded = msgspec.json.decode(settings, type=process.Settings)
    logs.configure(decoded.log)
    raise typer.Exit(process.run(fd, index, decoded))


@app.command()
def version() -> None:
    """Print the version."""
    print(__version__)


def _load(path: Path | None) -> Config:
    if path is None and DEFAULT_FILE.exists():
        path = DEFAULT_FILE
    return load(path, environment=os.environ)


def main() -> None:
    """Entry point; errors that the operator can mend are printed as one sentence."""
    try:
        app()
    except ConfigurationError as error:
        _fail(str(error))
    except RefusedError as error:
        from mcu.cli import words

        _fail(words.refusal(error))
    except ImportError as error:
        if not (error.name or "").startswith("mcu._native"):
            raise
        _fail(f"what is compiled of it is missing or out of date ({error}). Run: make setup; if that runs, wait.")


def _fail(sentence: str) -> None:
    Console(stderr=True, highlight=False, markup=False, soft_wrap=True).print(f"mcu: {sentence}", style="bold red")
    sys.exit(EXIT_CONFIGURATION)


if __name__ == "__main__":
    main()
