"""The page of benchmarks, and the README's figures, are those of the committed results."""

from bench.page.document import PAGE, document
from bench.page.readme_figures import BEGIN, END, README, figures_table, with_figures

RENEW = "run `python -m bench.page`"


def test_the_page_of_benchmarks_is_that_of_the_results() -> None:
    assert PAGE.read_text(encoding="utf-8") == document(), RENEW


def test_the_readmes_figures_are_those_of_the_results() -> None:
    readme = README.read_text(encoding="utf-8")
    assert BEGIN in readme
    assert END in readme
    assert readme == with_figures(readme), RENEW


def test_the_readme_has_ten_figures_each_with_what_it_was_measured_on() -> None:
    _, _, *rows = figures_table().splitlines()

    assert len(rows) == 10
    assert all("2 cores" in row and "· 20" in row for row in rows)
