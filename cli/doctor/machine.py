"""Checks of this machine: runtimes, files, ports, disk."""

import importlib.util
import os
import platform
import shutil
import sys
from collections.abc import Iterator
from pathlib import Path

from cli.doctor.check_result import CheckResult, failed, note, ok
from edge.settings import EdgeSettings
from infra.clickhouse.settings import ClickHouseSettings
from infra.errors import RostrumError
from infra.settings import load
from infra.speech_models.catalogue import PUBLISHED
from infra.tls.contexts import server_context
from local.jars import faults, installed
from local.java import find_java
from local.recogniser import recogniser_on_disk, recogniser_setting
from local.run_file import RunFile
from local.stack import Stack
from local.tcp_ports import is_taken

_MIN_PYTHON = (3, 11)
_MIN_FREE_MB = 500
_LOW_FREE_MB = 3000
_MB = 1024 * 1024


def check_this_machine(stack: Stack, running: RunFile | None) -> Iterator[CheckResult]:
    yield _python()
    if stack.programs:
        yield _java()
    yield from _jars(stack)
    yield _data(stack)
    yield from _disk(stack)
    yield from _ports(stack, running)
    yield _certificate()
    yield _recogniser(stack)
    yield from _embedded_clickhouse()


def _python() -> CheckResult:
    version = platform.python_version()
    if sys.version_info < _MIN_PYTHON:
        return failed("python", version, "Install Python 3.11 or newer.")
    return ok("python", version)


def _java() -> CheckResult:
    try:
        java = find_java()
    except RostrumError as error:
        return failed("java", error.message, error.hint)
    found = f"{java.version} ({java.executable})"
    return note("java", found, f"{java.unusable}, so this one is used.") if java.unusable else ok("java", found)


def _jars(stack: Stack) -> Iterator[CheckResult]:
    for program in stack.programs:
        folder = program.folder(stack.cache)
        what = f"{program.name} jars"
        if not installed(program, stack.cache):
            yield note(what, "not downloaded yet", "`rostrum up` downloads them; that needs the network once.")
        elif wrong := faults(program, stack.cache):
            yield failed(
                what, f"damaged jars: {', '.join(wrong)}", f"Delete {folder}; `rostrum up` downloads them again."
            )
        else:
            yield ok(what, f"{len(program.jars())} jars, as locked ({folder})")


def _data(stack: Stack) -> CheckResult:
    nearest = next(folder for folder in (stack.data, *stack.data.parents) if folder.exists())
    if not os.access(nearest, os.W_OK | os.X_OK):
        return failed("data folder", f"{nearest} is not writable", "Set ROSTRUM_DATA to a folder that is.")
    return ok("data folder", str(stack.data))


def _disk(stack: Stack) -> Iterator[CheckResult]:
    for what, folder in (("disk for data", stack.data), ("disk for cache", stack.cache)):
        nearest = next(parent for parent in (folder, *folder.parents) if parent.exists())
        free_mb = shutil.disk_usage(nearest).free // _MB
        found = f"{free_mb} MB free at {nearest}"
        if free_mb < _MIN_FREE_MB:
            yield failed(
                what, found, "Free some space, or set ROSTRUM_DATA and ROSTRUM_CACHE to folders on another disk."
            )
        elif free_mb < _LOW_FREE_MB:
            yield note(what, found, "An hour of audio takes 115 MB, the Java programs 300 MB, a model 150 MB or more.")
        else:
            yield ok(what, found)


def _ports(stack: Stack, running: RunFile | None) -> Iterator[CheckResult]:
    for use in stack.ports:
        if not is_taken(use.port, use.host):
            yield ok(f"port {use.port}", f"free for {use.what}")
        elif running is not None:
            yield ok(f"port {use.port}", f"used by this stack: {use.what}")
        else:
            yield failed(
                f"port {use.port}",
                f"taken or not allowed; needed for {use.what}",
                f"Stop the program that uses it, or set {use.setting}.",
            )


def _certificate() -> CheckResult:
    edge = load(EdgeSettings)
    if not edge.tls_cert:
        return note(
            "certificate",
            "a development certificate, made on first start",
            "For clients elsewhere set EDGE_TLS_CERT and EDGE_TLS_KEY.",
        )
    try:
        server_context(Path(edge.tls_cert), Path(edge.tls_key))
    except RostrumError as error:
        return failed("certificate", error.message, error.hint)
    return ok("certificate", str(edge.tls_cert))


def _recogniser(stack: Stack) -> CheckResult:
    try:
        found = recogniser_on_disk(stack)
    except RostrumError as error:
        return failed("recogniser", error.message, error.hint)
    if found is None:
        setting = recogniser_setting(stack)
        size = f" ({PUBLISHED[setting].megabytes} MB)" if setting in PUBLISHED else ""
        return note("recogniser", f"{setting}, not downloaded yet", f"`rostrum up` downloads it{size}, once.")
    return note("recogniser", found.description) if found.is_demo else ok("recogniser", found.description)


def _embedded_clickhouse() -> Iterator[CheckResult]:
    if load(ClickHouseSettings).is_embedded:
        if importlib.util.find_spec("chdb") is None:
            hint = "pip install 'rostrum[embedded]', or set CLICKHOUSE_URL to a server."
            yield failed("clickhouse", "the embedded engine (chDB) is not installed", hint)
        else:
            yield ok("clickhouse", "embedded, in the analytics process")
