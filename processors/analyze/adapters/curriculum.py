"""The curriculum from a folder of TOML files, one lesson each; the file's name is the lesson's id."""

from importlib.resources import files
from pathlib import Path

from infra.errors import SettingsError
from processors.analyze.core.curriculum import IDS, Curriculum, parse_lesson


def read_curriculum(folder: Path | None = None) -> Curriculum:
    """The bundled lessons, with those of `folder` in place of the ones they have a name in common with. Raises
    SettingsError for a file that is no lesson."""
    bundled = Path(str(files("processors.analyze").joinpath("curriculum")))
    lessons = {}
    for place in (bundled, folder) if folder else (bundled,):
        for path in sorted(place.glob("*.toml")):
            if path.stem not in IDS:
                raise SettingsError(f"{path} is no lesson: there is no {path.stem!r}.", f"Name it {', '.join(IDS)}.")
            try:
                lessons[path.stem] = parse_lesson(path.stem, path.read_text("utf-8"))
            except ValueError as error:
                raise SettingsError(f"{path} is no lesson.", f"It needs `title` and `text`: {error}") from error
    return lessons
