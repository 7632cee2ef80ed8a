"""The protocol's page shows the diagram of the table."""

from pathlib import Path

from edge.core.diagram import mermaid


def test_the_page_shows_the_diagram_of_the_table() -> None:
    page = Path("docs/protocol.md").read_text()
    shown = page.partition("<!-- diagram -->\n```mermaid\n")[2].partition("\n```\n<!-- /diagram -->")[0]
    assert shown == mermaid(), "put the output of `python -m edge.core.diagram` into docs/protocol.md"
