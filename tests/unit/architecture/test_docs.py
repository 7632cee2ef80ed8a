"""What the docs say of the code is compared with the code."""

import re
from pathlib import Path

from infra.renamed_settings import RENAMED
from schemas.topics import Topic
from tests.support.docs.settings_table import groups, rows

README = Path("README.md").read_text()


def test_the_readme_lists_every_setting_as_it_is() -> None:
    block = re.search(r"<!-- settings -->\n(.*?)\n<!-- /settings -->", README, re.DOTALL)
    assert block, "README.md needs a table between <!-- settings --> and <!-- /settings -->"
    assert block.group(1).splitlines() == rows(), "paste what `python -m tests.support.docs.settings_table` prints"


def test_every_setting_says_what_it_is() -> None:
    assert groups()
    for group in groups():
        for name, field in group.model_fields.items():
            assert field.description, f"{group.__name__}.{name} has no description"


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
    for page in (Path("README.md"), Path("CONTRIBUTING.md"), Path("CHANGELOG.md"), *Path("docs").glob("*.md")):
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
