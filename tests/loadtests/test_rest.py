"""The server's REST interface, and what is said when it refuses."""

from __future__ import annotations

import pytest

from loadtests.rest import Server
from mcu.errors import ConfigurationError
from tests.loadtests.rest_server import running


def test_a_conference_from_making_to_ending() -> None:
    with running(present=3) as fake:
        server = Server(fake.address)
        made = server.create("부하 시험", capacity=30)
        assert (made.capacity, made.chair_key) == (30, "key1")
        assert server.present(made.id) == 3
        token = server.token(made.id, kind="whep", name="김도현")
        assert token.url == f"{fake.address}/whep/c1"
        server.end(made.id)
    assert fake.made["c1"]["title"] == "부하 시험"
    assert fake.tokens == [("c1", {"kind": "whep", "name": "김도현", "lifetime_seconds": 86_400})]
    assert fake.ended == ["c1"]


def test_one_is_found_by_its_link_on_whichever_page() -> None:
    with running() as fake:
        server = Server(fake.address)
        made = [server.create(f"{number}") for number in range(5)]
        assert server.find(made[4].link).id == made[4].id
        with pytest.raises(ConfigurationError, match="no conference with the link nowhere"):
            server.find("nowhere")


def test_the_key_is_shown() -> None:
    with running(key="right") as fake:
        Server(fake.address, api_key="right").try_key()
        with pytest.raises(ConfigurationError, match="asks for its API key"):
            Server(fake.address, api_key="wrong").try_key()


def test_readiness() -> None:
    with running() as fake:
        assert Server(fake.address).ready().ready
        fake.is_ready = False
        with pytest.raises(ConfigurationError, match=r"refused: Starting\."):
            Server(fake.address).ready()


def test_nobody_there() -> None:
    with running() as fake:
        address = fake.address
    with pytest.raises(ConfigurationError, match=r"does not answer \(Connection refused\)"):
        Server(address).ready()


def test_somebody_else_there() -> None:
    with running() as fake, pytest.raises(ConfigurationError, match="There is no such conference"):
        Server(fake.address).end("unknown")


def test_a_server_that_sends_on_to_no_address() -> None:
    with running(sends_on_to="http://[::1") as fake, pytest.raises(ConfigurationError, match="an address that is none"):
        Server(fake.address).ready()


def test_an_address_needs_its_scheme() -> None:
    with pytest.raises(ConfigurationError, match="begins with http"):
        Server("meet.example.kr").ready()


def test_the_host_alone() -> None:
    assert Server("https://meet.example.kr:8443/").host == "meet.example.kr"
    assert Server("http://[::1]:8080").host == "::1"
