"""The stages of a stack."""

import pytest

from infra.kafka.settings import KafkaSettings
from infra.settings import StageSettings
from local.plan import Layer
from local.stages import STAGES


def test_only_the_edge_is_reached_by_clients() -> None:
    assert [name for name, spec in STAGES.items() if spec.layer is Layer.EDGE] == ["edge"]


@pytest.mark.parametrize("name", list(STAGES))
def test_a_stage_has_settings_of_its_own_and_no_group_that_is_shared(name: str) -> None:
    groups = STAGES[name].settings_groups()
    assert groups
    assert not {KafkaSettings, StageSettings} & set(groups)
