"""Installs the Java programs' jars, exactly those in the committed locks.

jgo downloads them, but checks a download only against the SHA-1 next to it and merely warns, writes in place, and
downloads one jar at a time. Here every jar is downloaded into a separate folder, checked against the lock's SHA-256,
and moved; a program's complete folder appears by one rename."""

import hashlib
import shutil
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor, as_completed
from dataclasses import dataclass
from pathlib import Path

import requests
import tenacity
from jgo.config import GlobalSettings
from jgo.constants import MAVEN_CENTRAL_URL
from jgo.env import LockFile
from jgo.maven import MavenContext, PythonResolver

from infra.errors import RostrumError
from infra.file_lock import file_lock

_PARALLEL = 8
_TIMEOUT_S = 30

Report = Callable[[int, int], None]
"""Called with how many of a program's jars are present, and how many there must be."""


class JarsMissing(RostrumError):
    """A jar could not be downloaded, or is not the one in the lock."""


@dataclass(frozen=True)
class Jar:
    group: str
    artifact: str
    version: str
    classifier: str
    sha256: str

    @property
    def filename(self) -> str:
        suffix = f"-{self.classifier}" if self.classifier else ""
        return f"{self.artifact}-{self.version}{suffix}.jar"


@dataclass(frozen=True)
class Program:
    """A Java program that this package runs."""

    name: str
    """Also the folder of its jgo.toml and lock."""
    title: str

    @property
    def spec_path(self) -> Path:
        return Path(__file__).parent / self.name / "jgo.toml"

    @property
    def lock_path(self) -> Path:
        return self.spec_path.with_name("jgo.lock.toml")

    def jars(self) -> tuple[Jar, ...]:
        """The jars in the lock. Raises ValueError if an entry has no hash, or two have the same file name."""
        jars = tuple(
            Jar(entry.groupId, entry.artifactId, entry.version, entry.classifier or "", entry.sha256 or "")
            for entry in LockFile.load(self.lock_path).dependencies
        )
        if not all(jar.sha256 for jar in jars):
            raise ValueError(f"{self.lock_path.name} of {self.name} has an entry without a hash")
        if len({jar.filename for jar in jars}) < len(jars):
            raise ValueError(f"{self.lock_path.name} of {self.name} has two jars of one file name")
        return jars

    def folder(self, cache: Path) -> Path:
        """Where its jars are installed; a different lock gives a different folder."""
        digest = hashlib.sha256("".join(sorted(jar.sha256 for jar in self.jars())).encode()).hexdigest()
        return cache / "jars" / f"{self.name}-{digest[:12]}"


KAFKA = Program("kafka", "Apache Kafka")
LANGUAGETOOL = Program("languagetool", "LanguageTool")


def installed(program: Program, cache: Path) -> bool:
    """Whether every jar of the lock is present. Cheap: hashes were checked when the folder was created."""
    folder = program.folder(cache)
    return all((folder / jar.filename).is_file() for jar in program.jars())


def faults(program: Program, cache: Path) -> list[str]:
    """The installed jars that are missing or differ from the lock; reads all of them."""
    folder = program.folder(cache)
    return [jar.filename for jar in program.jars() if not _matches(folder / jar.filename, jar)]


def install(program: Program, cache: Path, report: Report = lambda _done, _total: None) -> Path:
    """The folder with the program's jars, which are downloaded first if necessary. If another process does the same,
    the second waits. After an interruption, the next call continues with the jars that are present. Raises
    JarsMissing."""
    folder = program.folder(cache)
    if installed(program, cache):
        return folder
    folder.parent.mkdir(parents=True, exist_ok=True)
    with file_lock(folder.parent / f"{program.name}.lock"):
        if installed(program, cache):
            return folder
        staged = folder.with_suffix(".partial")
        if folder.exists():
            # Jars were deleted from it: the remaining ones need not be downloaded again.
            folder.rename(staged) if not staged.exists() else shutil.rmtree(folder)
        _fetch_all(program, staged, report)
        staged.rename(folder)
    return folder


def _fetch_all(program: Program, staged: Path, report: Report) -> None:
    incoming = staged / "incoming"
    shutil.rmtree(incoming, ignore_errors=True)
    incoming.mkdir(parents=True)
    jars = program.jars()
    missing = [jar for jar in jars if not _matches(staged / jar.filename, jar)]
    done = len(jars) - len(missing)
    report(done, len(jars))
    context = maven_context(incoming)
    with ThreadPoolExecutor(_PARALLEL, thread_name_prefix="jars") as pool:
        fetches = [pool.submit(_fetch, context, jar, staged) for jar in missing]
        try:
            for fetch in as_completed(fetches):
                fetch.result()
                done += 1
                report(done, len(jars))
        except BaseException:
            pool.shutdown(wait=False, cancel_futures=True)
            raise
    shutil.rmtree(incoming)


def _fetch(context: MavenContext, jar: Jar, staged: Path) -> None:
    try:
        _fetch_once(context, jar, staged)
    except requests.exceptions.SSLError as error:
        raise JarsMissing(
            f"Could not download {jar.filename}: the repository's certificate is not trusted here.",
            "If your network has its own certificate authority, give its PEM file in REQUESTS_CA_BUNDLE and try again.",
        ) from error
    except requests.RequestException as error:
        raise JarsMissing(
            f"Could not download {jar.filename} ({type(error).__name__}).",
            "Connect this machine to the internet and try again (downloaded jars are kept), or name a mirror of Maven "
            "Central in jgo's configuration file (`central = https://…` under [repositories] in JGO_CONFIG_FILE), or "
            "copy the folder ROSTRUM_CACHE from a machine that has it.",
        ) from error
    except RuntimeError as error:
        raise JarsMissing(
            f"No repository has {jar.filename}.",
            "Try again later, or check the mirror named in jgo's configuration file.",
        ) from error


@tenacity.retry(
    retry=tenacity.retry_if_exception_type((requests.RequestException, RuntimeError, JarsMissing)),
    wait=tenacity.wait_exponential(multiplier=0.5, max=4),
    stop=tenacity.stop_after_attempt(3),
    reraise=True,
)
def _fetch_once(context: MavenContext, jar: Jar, staged: Path) -> None:
    artifact = context.project(jar.group, jar.artifact).at_version(jar.version).artifact(jar.classifier, "jar")
    if artifact.cached_path is not None:
        # Left by an interrupted attempt; jgo would take it for the complete file.
        artifact.cached_path.unlink(missing_ok=True)
    fetched: Path = artifact.resolve()
    if not _matches(fetched, jar):
        raise JarsMissing(
            f"The downloaded {jar.filename} is not the file in the lock (its SHA-256 differs).",
            "A proxy or mirror may have replaced it: try another network or mirror.",
        )
    fetched.replace(staged / jar.filename)


def maven_context(cache: Path) -> MavenContext:
    """Downloads into `cache`, never into ~/.m2, from Maven Central or the mirrors in jgo's configuration file."""
    repositories = {"central": MAVEN_CENTRAL_URL} | GlobalSettings.load().repositories
    return MavenContext(
        resolver=PythonResolver(), repo_cache=cache, local_repos=[], remote_repos=repositories, timeout=_TIMEOUT_S
    )


def _matches(path: Path, jar: Jar) -> bool:
    if not path.is_file():
        return False
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest() == jar.sha256
