"""Rostrum's rules in LanguageTool itself: their own examples, and precision and recall on labelled sentences."""

import tomllib
import xml.etree.ElementTree as ET
from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import accumulate
from pathlib import Path
from typing import Any

import httpx
import pytest

from infra.languagetool import LanguageToolSettings
from local.languagetool_server import RULES
from local.tcp_ports import LOOPBACK
from processors.analyze.adapters.languagetool import language_tool
from processors.analyze.core.answers import spoken_session
from processors.analyze.core.verify import verify
from schemas.reports import ErrorType
from tests.support.analyze.sessions import transcribed

LABELLED = Path("tests/labelled")
OWN = "ROSTRUM_"


@dataclass(frozen=True)
class Example:
    """`corrections`: the replacements that the rule must offer, or None if none of Rostrum's rules may match."""

    rule: str
    text: str
    corrections: list[str] | None


def examples() -> list[Example]:
    root = ET.parse(RULES / "org/languagetool/rules/en/grammar_custom.xml").getroot()
    return [
        Example(rule.get("id", ""), "".join(one.itertext()), offered.split("|") if offered else None)
        for rule in root.iter()
        if rule.tag in ("rule", "rulegroup") and rule.get("id")
        for one in rule.iter("example")
        for offered in (one.get("correction"),)
    ]


def test_each_rule_names_its_type_and_has_an_example() -> None:
    types = tuple(OWN + kind.value.upper() for kind in ErrorType)
    assert all(example.rule.startswith(types) for example in examples())
    assert {example.rule for example in examples() if example.corrections} == {example.rule for example in examples()}


def test_the_rules_match_their_wrong_examples_and_not_their_correct_ones(languagetool: int) -> None:
    with httpx.Client(base_url=f"http://{LOOPBACK}:{languagetool}", trust_env=False, timeout=30) as client:
        for example in examples():
            matches = client.post("/v2/check", data={"language": "en-US", "text": example.text}).json()["matches"]
            ours: list[dict[str, Any]] = [match for match in matches if match["rule"]["id"].startswith(OWN)]
            offered = [[one["value"] for one in match["replacements"]] for match in ours]
            if example.corrections is None:
                assert ours == [], example.text
            else:
                assert example.corrections in offered, example.text


async def found_in(languagetool: int, sentences: Sequence[str]) -> list[list[set[str]]]:
    """For each sentence: the words that each error found in it depends on, if all sentences are said in one answer."""
    settings = LanguageToolSettings(url=f"http://{LOOPBACK}:{languagetool}")
    [answer] = spoken_session(transcribed(" ".join(sentences), question=[None]), 0.5).answers
    async with language_tool(settings, timeout_s=60) as checker:
        [findings] = (await checker.check([answer])).findings
    begins = list(accumulate((len(sentence.split()) for sentence in sentences), initial=0))
    assert len(answer.fluent.words) == begins[-1]
    found: list[list[set[str]]] = [[] for _ in sentences]
    for one in verify(answer, (), findings, 0.5).verified:
        supporting = {answer.fluent.tokens[place] for place in one.edit.supporting_words(begins[-1])}
        found[bisect_right(begins, one.first_word) - 1].append(supporting)
    return found


# As measured; a new rule may only raise these.
@pytest.mark.parametrize(("name", "recall", "precision"), [("known", 1.0, 1.0), ("held_out", 0.57, 0.95)])
async def test_precision_and_recall(languagetool: int, name: str, recall: float, precision: float) -> None:
    labelled = tomllib.loads((LABELLED / f"{name}.toml").read_text())
    sentences, wanted = zip(*labelled["wrong"], strict=True)
    found = await found_in(languagetool, sentences)
    right = [[bool(one & {*words.split()}) for one in errors] for errors, words in zip(found, wanted, strict=True)]
    claimed = sum(map(len, right))
    measured = (sum(map(any, right)) / len(sentences), sum(map(sum, right)) / claimed)
    assert measured[0] >= recall, measured
    assert measured[1] >= precision, measured
    alarms = await found_in(languagetool, labelled["right"])
    assert [one for errors in alarms for one in errors] == []
