"""The commands around a running stack."""

import json
from pathlib import Path
from typing import Any

import httpx
import jwt
import pytest

from schemas.topics import Topic
from tests.support.processes.stack import PROCESSES, Stack, environment
from tests.support.waiting import wait_until

REST_MB = 2_500


def test_ps_lists_every_process_and_their_memory_is_bounded(stack: Stack) -> None:
    listed: list[dict[str, Any]] = []

    def all_ready() -> bool:
        run = stack.rostrum("ps", "--json")
        assert run.returncode == 0, run.stderr
        listed[:] = json.loads(run.stdout)
        return all(process["state"] == "ready" for process in listed)

    # On a busy machine a process may be late to answer, and is shown as not ready for a moment.
    wait_until(all_ready, "every process is ready")
    assert {process["name"] for process in listed} == PROCESSES
    for process in listed:
        assert set(process) == {"name", "pid", "state", "restarts", "address", "rss_mb"}
    total_mb = sum(process["rss_mb"] for process in listed)
    print(f"memory of the stack: {total_mb:.0f} MB")  # noqa: T201 - shown by `pytest -rP`
    assert total_mb <= REST_MB
    shown = stack.rostrum("ps").stdout
    assert all(name in shown for name in PROCESSES)


def test_token_prints_the_token_alone(stack: Stack) -> None:
    printed = stack.rostrum("token", "--user", "ada", "--name", "Ada")

    assert printed.returncode == 0, printed.stderr
    claims = jwt.decode(printed.stdout.strip(), (stack.data / "jwt.secret").read_text().strip(), algorithms=["HS256"])
    assert claims["sub"] == "ada"
    assert claims["name"] == "Ada"


def test_open_prints_the_page_with_a_login_that_the_api_accepts(stack: Stack) -> None:
    address = stack.rostrum("open", "--print").stdout.strip()

    page, _, token = address.partition("/#token=")
    answer = httpx.get(f"{page}/api/users/me/progress", headers={"Authorization": f"Bearer {token}"})
    assert answer.status_code == httpx.codes.OK


def test_logs_prints_what_every_process_logged(stack: Stack) -> None:
    printed = stack.rostrum("logs", "-n", "1").stdout

    assert {line.partition(" ")[0] for line in printed.splitlines() if " | " in line} == PROCESSES


def test_topics_lists_every_topic(stack: Stack) -> None:
    listed = stack.rostrum("topics")

    assert listed.returncode == 0, listed.stderr
    for topic in Topic:
        assert topic.value.name in listed.stdout


def test_doctor_reports_no_fault_of_a_running_stack(stack: Stack) -> None:
    told = stack.rostrum("doctor")

    assert told.returncode == 0, told.stdout + told.stderr


def test_a_second_stack_on_the_same_data_is_refused(stack: Stack) -> None:
    own = environment(stack.data)
    ports = {name: own[name] for name in ("EDGE_PORT", "EDGE_PLAIN_PORT", "ANALYTICS_PORT", "KAFKA_PORT")}

    second = stack.rostrum("up", LANGUAGETOOL_PORT=own["LANGUAGETOOL_PORT"], **ports)

    assert second.returncode != 0
    assert str(stack.data) in second.stderr + second.stdout
    wait_until(stack.ready, "the first stack is ready")


def test_a_taken_port_is_named(stack: Stack, tmp_path: Path) -> None:
    env = environment(tmp_path / "data", EDGE_PORT=stack.env["EDGE_PORT"])

    second = stack.rostrum("up", **env)

    assert second.returncode != 0
    assert stack.env["EDGE_PORT"] in second.stderr + second.stdout


@pytest.mark.parametrize(("name", "value"), [("EDGE_PORT", "many"), ("SESSION_GRACE_S", "-1")])
def test_an_invalid_setting_is_named_with_its_fix(stack: Stack, tmp_path: Path, name: str, value: str) -> None:
    env = environment(tmp_path / "data") | {name: value}

    refused = stack.rostrum("up", **env)

    assert refused.returncode != 0
    assert name in refused.stderr + refused.stdout
    assert "Traceback" not in refused.stderr
