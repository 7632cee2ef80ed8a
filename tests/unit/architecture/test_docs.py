"""What the docs say of the code is compared with the code."""

import re
from pathlib import Path

from infra.renamed_settings import RENAMED
from local.stages import STAGES
from schemas.topics import Topic
from scripts.reference import OPERATIONS_PAGE, SETTINGS_PAGE, groups, operations_page, settings_page

PAGES = (Path("README.md"), Path("CONTRIBUTING.md"), Path("CHANGELOG.md"), *sorted(Path("docs").glob("*.md")))
RENEW = "run `python -m scripts.reference`"


def test_the_settings_page_is_that_of_the_code() -> None:
    assert SETTINGS_PAGE.read_text() == settings_page(), RENEW


def test_the_table_of_metrics_is_that_of_the_code() -> None:
    page = OPERATIONS_PAGE.read_text()
    assert "| `rostrum_edge_connections` |" in page
    assert page == operations_page(page), RENEW


def test_alerts_name_only_metrics_that_exist() -> None:
    page = OPERATIONS_PAGE.read_text()
    named = set(re.findall(r"`(rostrum_[a-z_]+)", page.partition("<!-- metrics -->")[0]))
    assert named
    assert all(f"| `{name}` |" in page for name in named)


def test_every_group_of_settings_has_its_place_on_the_page() -> None:
    page = settings_page()
    for group in groups():
        for name in group.model_fields:
            assert f"| `{(str(group.model_config.get('env_prefix', '')) + name).upper()}` |" in page


def test_the_readme_fits_a_newcomers_first_ten_minutes() -> None:
    assert len(Path("README.md").read_text().splitlines()) <= 150


def test_every_setting_says_what_it_is() -> None:
    assert groups()
    for group in groups():
        for name, field in group.model_fields.items():
            assert field.description, f"{group.__name__}.{name} has no description"


def test_the_architecture_page_names_every_stage() -> None:
    page = Path("docs/architecture.md").read_text()
    for stage in STAGES.values():
        assert f"    {stage.package.replace('.', '/')}/ " in page


def test_the_architecture_page_names_every_topic() -> None:
    page = Path("docs/architecture.md").read_text()
    for topic in Topic:
        assert f"`{topic.value.name}`" in page


def test_the_example_environment_names_only_settings_that_exist() -> None:
    known = {
        (str(group.model_config.get("env_prefix", "")) + name).upper()
        for group in groups()
        for name in group.model_fields
    }
    named = set(re.findall(r"^#? ?([A-Z][A-Z_]+)=", Path(".env.example").read_text(), re.MULTILINE))
    assert named
    assert named <= known


def test_every_file_the_docs_link_to_is_there() -> None:
    for page in PAGES:
        for target in re.findall(r"\]\(([^)#:]+)(?:#[^)]*)?\)", page.read_text()):
            assert (page.parent / target).exists(), f"{page} links to {target}"


def test_the_changelog_tells_every_new_name_and_the_new_names_exist() -> None:
    known = {
        (str(group.model_config.get("env_prefix", "")) + name).upper()
        for group in groups()
        for name in group.model_fields
    }
    changelog = Path("CHANGELOG.md").read_text()
    for old, new in RENAMED.items():
        assert new in known
        assert old not in known
        assert f"| `{old}` | `{new}` |" in changelog
