"""For maintainers: resolves a program's jgo.toml and writes its lock (`python -m local.relock kafka`).

`jgo lock` is not used: it downloads a JDK to classify jars for a module path that is not needed here."""

import sys
import tempfile
from pathlib import Path

from jgo.env import EnvironmentBuilder, EnvironmentSpec, LockFile, compute_spec_hash

from local.jars import KAFKA, LANGUAGETOOL, Program, maven_context


def relock(program: Program) -> int:
    """Write the program's lock; returns the number of jars in it."""
    with tempfile.TemporaryDirectory() as folder:
        context = maven_context(Path(folder))
        spec = EnvironmentSpec.load(program.spec_path)
        direct, transitive = context.resolver.resolve(
            EnvironmentBuilder(context, Path(folder)).spec_to_dependencies(spec)
        )
        needed = [*direct, *(found for found in transitive if found.scope in ("compile", "runtime"))]
        needed.sort(key=lambda found: (found.groupId, found.artifactId))
        lock = LockFile.from_resolved_dependencies(
            needed,
            environment_name=spec.name,
            entrypoints=spec.entrypoints,
            default_entrypoint=spec.default_entrypoint,
            spec_hash=compute_spec_hash(program.spec_path),
        )
        lock.save(program.lock_path)
        return len(needed)


if __name__ == "__main__":
    known = {program.name: program for program in (KAFKA, LANGUAGETOOL)}
    for name in sys.argv[1:] or known:
        print(f"{name}: {relock(known[name])} jars")  # noqa: T201 - what the command is for
