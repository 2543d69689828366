"""Configuration: defaults, file, environment, and refusals that help."""

from __future__ import annotations

import tomllib
from pathlib import Path

import msgspec
import pytest

from mcu.config import Config, load
from mcu.errors import ConfigurationError

EXAMPLE = Path(__file__).resolve().parents[1] / "mcu.example.toml"


def write(folder: Path, text: str) -> Path:
    path = folder / "mcu.toml"
    path.write_text(text, encoding="utf-8")
    return path


def test_the_example_lists_every_key_with_its_default() -> None:
    example = tomllib.loads(EXAMPLE.read_text(encoding="utf-8"))
    assert example == msgspec.json.decode(msgspec.json.encode(Config()))


def test_every_key_of_the_example_says_what_it_is() -> None:
    section_explained = False
    for line in EXAMPLE.read_text(encoding="utf-8").splitlines():
        if line.startswith("["):
            section_explained = "#" in line
        elif "=" in line and not line.startswith("#"):
            assert "#" in line or section_explained, line


def test_environment_wins_over_file(tmp_path: Path) -> None:
    path = write(tmp_path, "[media]\nport = 5000\nhost = '0.0.0.0'\n")
    config = load(path, environment={"MCU_MEDIA_PORT": "6000", "MCU_MEDIA_ADVERTISE": "192.0.2.1, 2001:db8::1"})
    assert (config.media.port, config.media.host) == (6000, "0.0.0.0")
    assert config.media.advertise == ("192.0.2.1", "2001:db8::1")


def test_other_variables_are_left_alone() -> None:
    assert (
        load(environment={"MCU_MEDIA": "/clips", "HOME": "/root", "MCU_COMPILED": "0", "MCU_FUZZ_INPUTS": "10"})
        == Config()
    )


@pytest.mark.parametrize(
    ("text", "environment", "sentence"),
    [
        ("[medai]\nport = 1", {}, "did you mean media?"),
        ("[media]\nprot = 1", {}, "did you mean port?"),
        ("", {"MCU_MEDIA_PROT": "1"}, "did you mean MCU_MEDIA_PORT?"),
        ("[media]\nport = 70000", {}, "mcu.toml must be a whole number from 0 to 65535, not 70000."),
        ("", {"MCU_PICTURE_WIDTH": "1281"}, "MCU_PICTURE_WIDTH must be a whole number that is even, from 16 to 4096,"),
        ("[server]\nlanguage = 'fr'", {}, "[server] language in "),
        ("[server]\nlanguage = 'fr'", {}, "mcu.toml must be ko or en, not 'fr'."),
        ("", {"MCU_LOG_LEVEL": "loud"}, "MCU_LOG_LEVEL must be one of debug, info, warning, error, not 'loud'."),
        ("[media]\nadvertise = '1.2.3.4'", {}, "must be a list, as in ["),
        ("", {"MCU_TURN_URLS": "relay"}, "each beginning with turn:, turns: or stun:, not ['relay']."),
        ("[http]\nhost = 3", {}, "must be text in quotes, not 3."),
        ("[conference]\nopen_layout = 'perhaps'", {}, "must be true or false, not 'perhaps'."),
        ("[conference]\ngrace_seconds = 0.5", {}, "must be a number from 1 to 600, not 0.5."),
        ("", {"MCU_HTTPS_PUBLIC_URL": "meet"}, "must be an address that begins with https://, or empty, not 'meet'."),
        ("", {"MCU_H323_NUMBER": "abc"}, 'MCU_H323_NUMBER must be digits in quotes, as in "7000", 15 at most (E.164),'),
        ("[h323]\nnumber = '+82 2 123'", {}, "or empty, not '+82 2 123'."),
        ("[h323]\nnumber = 7000", {}, "[h323] number in "),
        ("[media", {}, "mcu.toml"),
        ("media = 3", {}, "[media]"),
        ("", {"MCU_HTTP_PORT": "many"}, "MCU_HTTP_PORT must be a whole number from 0 to 65535, not 'many'."),
    ],
)
def test_mistakes_are_named(tmp_path: Path, text: str, environment: dict[str, str], sentence: str) -> None:
    with pytest.raises(ConfigurationError) as caught:
        load(write(tmp_path, text), environment=environment)
    assert sentence in str(caught.value)


def test_a_missing_file_says_what_to_do(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match=r"mcu\.example\.toml"):
        load(tmp_path / "absent.toml", environment={})


def test_a_wrong_secret_is_not_repeated(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError) as caught:
        load(write(tmp_path, "[api]\nkey = 123456"), environment={})
    assert str(caught.value).endswith("mcu.toml must be text in quotes.")
