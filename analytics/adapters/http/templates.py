"""The HTML pages that are made on the server, from `analytics/templates`, with all values escaped."""

from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined

_ENVIRONMENT = Environment(
    loader=PackageLoader("analytics"), autoescape=True, undefined=StrictUndefined, keep_trailing_newline=True
)


def render(template: str, **values: Any) -> str:
    return _ENVIRONMENT.get_template(template).render(values)
