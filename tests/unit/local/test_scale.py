import pytest

from infra.errors import RostrumError
from local.scale import parse_scale, process_names


def test_every_stage_has_one_process_by_default() -> None:
    assert set(parse_scale("", clickhouse_is_embedded=True).values()) == {1}
    counts = parse_scale(" edge=2, transcribe=3 ", clickhouse_is_embedded=True)
    assert (counts["edge"], counts["transcribe"], counts["analyze"]) == (2, 3, 1)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("edge", "'edge'"),
        ("edge=", "from 1 to"),
        ("edge=0", "from 1 to"),
        ("edge=²", "from 1 to"),
        ("edge=17", "from 1 to"),
        ("edge=-1", "from 1 to"),
        ("edge=2,edge=3", "named twice"),
        ("editor=2", "no stage 'editor'"),
        ("kafka=3", "KAFKA_BOOTSTRAP"),
        ("languagetool=2", "LANGUAGETOOL_URL"),
        ("analytics=2", "embedded"),
    ],
)
def test_an_invalid_scale_is_refused_with_the_reason(text: str, said: str) -> None:
    with pytest.raises(RostrumError, match=said):
        parse_scale(text, clickhouse_is_embedded=True)


def test_a_stage_that_is_left_out_has_no_process() -> None:
    assert parse_scale("edge=2", ["questions"], clickhouse_is_embedded=True)["questions"] == 0
    assert process_names("questions", 0) == []
    with pytest.raises(RostrumError, match="--without"):
        parse_scale("questions=2", ["questions"], clickhouse_is_embedded=True)


def test_analytics_scales_on_a_clickhouse_server() -> None:
    assert parse_scale("analytics=2", clickhouse_is_embedded=False)["analytics"] == 2


def test_names_are_numbered_only_if_there_are_several() -> None:
    assert process_names("edge", 1) == ["edge"]
    assert process_names("edge", 2) == ["edge-0", "edge-1"]
