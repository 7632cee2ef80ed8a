"""The order in which a stack's layers start and stop."""

import pytest

from local.plan import START_FIRST, STOP_ORDER, Layer, stop_budget_s


def test_every_layer_is_stopped_once_from_the_edge_to_the_broker() -> None:
    stopped = [layer for layers, _ in STOP_ORDER for layer in layers]
    assert sorted(stopped, key=str) == sorted(Layer, key=str)
    assert (stopped[0], stopped[-1]) == (Layer.EDGE, Layer.BROKER)
    assert Layer.BROKER in START_FIRST


def test_a_stack_stops_within_the_promised_fifteen_seconds() -> None:
    assert sum(seconds for _, seconds in STOP_ORDER) < 15


@pytest.mark.parametrize("layer", list(Layer))
def test_every_layer_has_time_to_finish(layer: Layer) -> None:
    assert stop_budget_s(layer) >= 3
