"""LanguageTool's responses."""

from processors.analyze.adapters.languagetool import LanguageToolResponse

RESPONSE = """{"software": {"name": "LanguageTool", "version": "6.6", "premium": false}, "language": {"code": "en"},
"matches": [{"message": "m", "shortMessage": "s", "replacements": [{"value": "goes", "shortDescription": "x"}],
"offset": 8, "length": 2, "rule": {"id": "R", "issueType": "grammar", "category": {"id": "G", "name": "G"}}}]}"""


def test_unknown_fields_of_a_response_are_ignored() -> None:
    response = LanguageToolResponse.model_validate_json(RESPONSE)
    [match] = response.rule_matches("So. She go home.")
    assert response.checker == "LanguageTool 6.6"
    assert (match.rule, match.category, match.issue_type) == ("R", "G", "grammar")
    assert (match.message, match.short_message, match.replacements) == ("m", "s", ("goes",))


def test_offsets_in_utf16_become_character_indices() -> None:
    text = "I 😀 she go home"
    [match] = LanguageToolResponse.model_validate_json(RESPONSE.replace('"offset": 8', '"offset": 9')).rule_matches(
        text
    )
    assert text[match.begin : match.end] == "go"


def test_an_offset_beyond_the_text_is_its_end() -> None:
    [match] = LanguageToolResponse.model_validate_json(RESPONSE).rule_matches("Go.")
    assert (match.begin, match.end) == (3, 3)
