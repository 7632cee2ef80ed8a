"""The curriculum, from a folder of TOML files with one lesson each. A file's name is its lesson's id."""

from importlib.resources import files
from pathlib import Path

from infra.errors import SettingsError
from processors.analyze.core.curriculum import LESSON_IDS, Curriculum, parse_lesson


def read_curriculum(folder: Path | None = None) -> Curriculum:
    """The bundled lessons; lessons of the same name in `folder` replace them. Raises SettingsError for a file that is
    not a valid lesson."""
    bundled = Path(str(files("processors.analyze").joinpath("curriculum")))
    lessons = {}
    for source in (bundled, folder) if folder else (bundled,):
        for path in sorted(source.glob("*.toml")):
            if path.stem not in LESSON_IDS:
                raise SettingsError(
                    f"{path} is not a lesson: there is no lesson named {path.stem!r}.",
                    f"Name it one of {', '.join(LESSON_IDS)}.",
                )
            try:
                lessons[path.stem] = parse_lesson(path.stem, path.read_text("utf-8"))
            except ValueError as error:
                raise SettingsError(
                    f"{path} is not a valid lesson.", f"It needs `title` and `text`: {error}"
                ) from error
    return lessons
