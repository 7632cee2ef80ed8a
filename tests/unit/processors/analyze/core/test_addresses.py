"""Where the client of each session is now."""

from processors.analyze.core.addresses import Address, Addresses

FIRST = Address("c-1", 0)


def test_who_never_came_back_is_where_the_session_ended() -> None:
    assert Addresses().of("a", FIRST) == FIRST


def test_the_newest_address_counts() -> None:
    addresses = Addresses()
    addresses.moved("a", Address("c-2", 1))
    addresses.moved("a", Address("c-3", 2))
    assert addresses.of("a", FIRST) == Address("c-3", 2)
    assert addresses.of("b", FIRST) == FIRST


def test_only_the_newest_are_remembered() -> None:
    addresses = Addresses(most=2)
    for session in ("a", "b", "a", "c"):
        addresses.moved(session, Address(session, 1))
    assert addresses.of("a", FIRST) == Address("a", 1)
    assert addresses.of("b", FIRST) == FIRST
