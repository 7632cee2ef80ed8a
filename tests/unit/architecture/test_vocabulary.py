"""One word, one meaning: what docs/glossary.md promises, as far as a program can check it."""

import ast
import re
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path

PACKAGES = ("analytics", "bench", "cli", "client", "edge", "infra", "local", "processors", "schemas")

SAME_NAME_ON_PURPOSE: dict[str, str] = {}
"""Class names that stand in more than one place of the product, with the reason."""

RETIRED = (
    "bury",
    "buried",
    "crowd",
    "desk",
    "doomed",
    "ear",
    "ears",
    "firsts",
    "hands",
    "hear",
    "heard",
    "hearing",
    "inheritance",
    "lane",
    "ledger",
    "manners",
    "onlooker",
    "persevere",
    "perform",
    "remark",
    "remarks",
    "rushes",
    "shut",
    "takeover",
    "talk",
    "teacher",
    "teachers",
    "trouble",
    "unlistened",
    "unwritten",
)
"""Words of a private language that once stood where the field has a term. They may not come back as a part of an
identifier (snake_case or CamelCase) or of a module's name."""

RETIRED_BUT_FOR = {
    "heard_frames": "a field of replies, whose name stays",
    "heard_ms": "a field of snapshots, whose name stays",
}


def _files() -> Iterator[Path]:
    return (file for package in PACKAGES for file in sorted(Path(package).rglob("*.py")))


def _identifiers(tree: ast.AST) -> Iterator[str]:
    for node in ast.walk(tree):
        match node:
            case ast.ClassDef(name=name) | ast.FunctionDef(name=name) | ast.AsyncFunctionDef(name=name):
                yield name
            case ast.Name(id=name) | ast.arg(arg=name) | ast.Attribute(attr=name):
                yield name
            case ast.keyword(arg=str(name)):
                yield name


def _words(identifier: str) -> set[str]:
    return {word.lower() for word in re.findall(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+", identifier)}


def test_no_class_name_stands_twice() -> None:
    places = defaultdict(list)
    for file in _files():
        for node in ast.walk(ast.parse(file.read_text())):
            if isinstance(node, ast.ClassDef):
                places[node.name.lstrip("_")].append(str(file))
    twice = {name: files for name, files in places.items() if len(files) > 1 and name not in SAME_NAME_ON_PURPOSE}
    assert not twice


def test_retired_words_do_not_come_back() -> None:
    found = {
        f"{file}: {name}"
        for file in _files()
        for name in _identifiers(ast.parse(file.read_text()))
        if name not in RETIRED_BUT_FOR and _words(name) & set(RETIRED)
    }
    found |= {str(file) for file in _files() if _words(file.stem) & set(RETIRED)}
    assert not sorted(found)
