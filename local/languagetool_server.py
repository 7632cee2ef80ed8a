"""LanguageTool's own HTTP server as a local process, on loopback."""

import os
from pathlib import Path

from local.java import find_java

# It only ever runs one checker for English; the default heap is a quarter of the machine's memory.
_JVM = ("-Xmx768m", "-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1", "-XX:+ExitOnOutOfMemoryError")


RULES = Path(__file__).parent / "languagetool" / "rules"
"""Rostrum's additional rules, in a folder per Java package: LanguageTool loads the first grammar_custom.xml on its
class path in addition to its own rules."""


def command(jars: Path, port: int) -> list[str]:
    """The command that starts it. Without --public it listens only on loopback."""
    java = find_java()
    server = ("org.languagetool.server.HTTPServer", "--port", str(port))
    return [str(java.executable), *_JVM, *java.quiet_options, "-cp", f"{RULES}{os.pathsep}{jars}/*", *server]
