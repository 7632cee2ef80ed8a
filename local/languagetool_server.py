"""LanguageTool's own HTTP server as a local process, on loopback."""

import os
from pathlib import Path

from local.java import find_java

# One checker for English at a time is all it has to do; the default heap is a quarter of the machine.
_JVM = ("-Xmx768m", "-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1", "-XX:+ExitOnOutOfMemoryError")


RULES = Path(__file__).parent / "languagetool" / "rules"
"""Rules of our own, in a folder per Java package: LanguageTool loads the first grammar_custom.xml of its class path
beside its own rules."""


def command(jars: Path, port: int) -> list[str]:
    """Without --public it listens on loopback alone."""
    java = find_java()
    server = ("org.languagetool.server.HTTPServer", "--port", str(port))
    return [str(java.executable), *_JVM, *java.quiet_options, "-cp", f"{RULES}{os.pathsep}{jars}/*", *server]
