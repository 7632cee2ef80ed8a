"""Writes docs/benchmarks.md, and the README's table of figures, from the results: `python -m bench.page`."""

from bench.page.document import PAGE, document
from bench.page.readme_figures import README, with_figures

if __name__ == "__main__":
    PAGE.write_text(document(), encoding="utf-8")
    README.write_text(with_figures(README.read_text(encoding="utf-8")), encoding="utf-8")
    print(f"Written: {PAGE}, and the figures of {README}")
