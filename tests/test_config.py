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
    assert load(environment={"MCU_MEDIA": "/clips", "HOME": "/root", "MCU_FUZZ_INPUTS": "10"}) == Config()


@pytest.mark.parametrize(
    ("text", "environment", "sentence"),
    [
        ("[medai]\nport = 1", {}, "did you mean media?"),
        ("[media]\nprot = 1", {}, "did you mean port?"),
        ("", {"MCU_MEDIA_PROT": "1"}, "did you mean MCU_MEDIA_PORT?"),
        ("[media]\nport = 70000", {}, "media.port"),
        ("", {"MCU_PICTURE_WIDTH": "1281"}, "picture.width"),
        ("[media", {}, "mcu.toml"),
        ("media = 3", {}, "[media]"),
        ("", {"MCU_HTTP_PORT": "many"}, "http.port"),
    ],
)
def test_mistakes_are_named(tmp_path: Path, text: str, environment: dict[str, str], sentence: str) -> None:
    with pytest.raises(ConfigurationError) as caught:
        load(write(tmp_path, text), environment=environment)
    assert sentence in str(caught.value)


def test_a_missing_file_says_what_to_do(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match=r"mcu\.example\.toml"):
        load(tmp_path / "absent.toml", environment={})
