"""The current reply address of each session's client."""

from processors.analyze.core.reply_addresses import ReplyAddresses
from schemas.replies import ReplyAddress


def address(conn: str, reply_to: int) -> ReplyAddress:
    return ReplyAddress(conn=conn, reply_to=reply_to)


ORIGINAL = address("c-1", 0)


def test_a_client_that_never_reconnected_keeps_its_original_address() -> None:
    assert ReplyAddresses().current("a", ORIGINAL) == ORIGINAL


def test_the_newest_address_counts() -> None:
    addresses = ReplyAddresses()
    addresses.update("a", address("c-2", 1))
    addresses.update("a", address("c-3", 2))
    assert addresses.current("a", ORIGINAL) == address("c-3", 2)
    assert addresses.current("b", ORIGINAL) == ORIGINAL


def test_only_the_newest_addresses_are_kept() -> None:
    addresses = ReplyAddresses(max_sessions=2)
    for session in ("a", "b", "a", "c"):
        addresses.update(session, address(session, 1))
    assert addresses.current("a", ORIGINAL) == address("a", 1)
    assert addresses.current("b", ORIGINAL) == ORIGINAL
