"""Shows a model's download on stderr: a bar on a terminal, elsewhere a line now and then."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager

from rich.console import Console
from rich.progress import BarColumn, DownloadColumn, Progress, TextColumn, TimeRemainingColumn, TransferSpeedColumn

from infra.speech_models.store import InstallProgress

_LINE_EVERY_PERCENT = 20


@contextmanager
def terminal_progress() -> Iterator[InstallProgress]:
    console = Console(stderr=True, highlight=False, soft_wrap=True)

    def say(text: str) -> None:
        console.print(text, markup=False)

    if not console.is_terminal:
        yield InstallProgress(say, _Lines(say).count)
        return
    columns = (TextColumn("{task.description}"), BarColumn(), DownloadColumn(), TransferSpeedColumn())
    with Progress(*columns, TimeRemainingColumn(), console=console, transient=True) as bar:
        task = bar.add_task("", total=None, visible=False)

        def count(done: int, whole: int) -> None:
            bar.update(task, completed=done, total=whole, visible=done < whole)

        yield InstallProgress(say, count)


class _Lines:
    def __init__(self, say: Callable[[str], None]) -> None:
        self._say = say
        self._said_percent = 0

    def count(self, done: int, whole: int) -> None:
        percent = 100 * done // whole if whole else 100
        if percent >= self._said_percent + _LINE_EVERY_PERCENT:
            self._said_percent = percent - percent % _LINE_EVERY_PERCENT
            self._say(f"  {done // 1_000_000} of {whole // 1_000_000} MB")
