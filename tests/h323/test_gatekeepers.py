"""The order in which gatekeepers are tried."""

from __future__ import annotations

import pytest

from mcu.h323.address import Address
from mcu.h323.gatekeepers import Gatekeepers
from mcu.h323.ras_messages import Alternate, Alternates

ONE, TWO, THREE, FOUR = (Address(f"192.0.2.{number}", 1719) for number in range(1, 5))


def order(gatekeepers: Gatekeepers) -> list[Address | None]:
    """Ours, and who would come after it."""
    found = [gatekeepers.current]
    while gatekeepers.advance():
        found.append(gatekeepers.current)
    return found


def begun(*configured: Address) -> Gatekeepers:
    made = Gatekeepers(configured)
    assert made.restart() is bool(configured)
    return made


def test_those_of_the_settings_are_tried_in_their_order_round_by_round() -> None:
    made = begun(ONE, TWO)
    assert order(made) == [ONE, TWO]
    made.begin_round()
    made.restart()
    assert order(made) == [ONE, TWO]


def test_named_ones_come_before_the_others_of_the_settings_and_stay_for_the_next_round() -> None:
    made = begun(ONE, TWO)
    made.named("one", Alternates((Alternate(THREE), Alternate(ONE), Alternate(TWO))))
    assert order(made) == [ONE, THREE, TWO]
    made.begin_round()
    made.restart()
    assert order(made) == [ONE, TWO, THREE]


def test_a_new_list_replaces_the_former_and_none_changes_nothing() -> None:
    made = begun(ONE)
    made.named("one", Alternates((Alternate(TWO),)))
    made.named("one", Alternates())
    assert made.following == Alternate(TWO)
    made.named("one", Alternates((Alternate(THREE),)))
    assert order(made) == [ONE, THREE]


@pytest.mark.parametrize(("permanent", "expected"), [(True, [THREE]), (False, [THREE, ONE, TWO])])
def test_a_refusal_in_favour_of_another_is_followed(permanent: bool, expected: list[Address]) -> None:
    made = begun(ONE, TWO)
    made.redirected(Alternates((Alternate(ONE), Alternate(THREE, needs_registration=False)), permanent))
    made.restart()
    assert made.following == (None if permanent else Alternate(ONE))
    assert order(made) == expected


def test_a_refusal_in_favour_of_nobody_changes_nothing() -> None:
    made = begun(ONE, TWO)
    made.redirected(Alternates((Alternate(ONE),), True))
    assert order(made) == [ONE, TWO]


def test_after_a_permanent_move_the_settings_count_again_when_all_have_failed() -> None:
    made = begun(ONE)
    made.redirected(Alternates((Alternate(TWO),), True))
    made.restart()
    assert order(made) == [TWO]
    made.begin_round()
    made.restart()
    assert order(made) == [ONE, TWO]


def test_without_any_the_group_is_asked_again_after_a_failure() -> None:
    made = begun()
    made.found(ONE, ONE)
    made.named("one", Alternates((Alternate(TWO),)))
    assert order(made) == [ONE, TWO]
    made.begin_round()
    assert not made.restart()


@pytest.mark.parametrize(
    ("said", "source", "expected"),
    [
        (TWO, ONE, TWO),
        (None, ONE, ONE),
        (Address("0.0.0.0", 0), ONE, ONE),
        (Address("10.0.0.1", 1719), Address("8.8.8.8", 1719), Address("8.8.8.8", 1719)),
        (Address("127.0.0.1", 1719), Address("10.0.0.1", 1719), Address("10.0.0.1", 1719)),
        (Address("10.0.0.2", 1719), Address("10.0.0.1", 1719), Address("10.0.0.2", 1719)),
    ],
)
def test_where_a_found_gatekeeper_is(said: Address | None, source: Address, expected: Address) -> None:
    made = begun(FOUR)
    made.found(said, source)
    assert made.current == expected


def test_only_those_are_known() -> None:
    made = begun(ONE, TWO)
    made.found(THREE, ONE)
    assert all(made.knows(one) for one in (ONE, TWO, THREE))
    assert not made.knows(FOUR)
    assert not made.knows(Address(ONE.ip, 1718))
