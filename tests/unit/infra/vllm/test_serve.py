"""The script that serves the language model, with a fake vllm command."""

import os
import subprocess
from pathlib import Path

import pytest

SERVE = Path("infra/vllm/serve.sh")


@pytest.fixture
def path(tmp_path: Path) -> str:
    """A PATH on which `vllm` prints its arguments, one a line."""
    vllm = tmp_path / "vllm"
    vllm.write_text("#!/bin/sh\nprintf '%s\\n' \"$@\"\n")
    vllm.chmod(0o755)
    return f"{tmp_path}:{os.defpath}"


def served(path: str, *arguments: str, **settings: str) -> list[str]:
    command = ["/bin/sh", str(SERVE), *arguments]
    return subprocess.run(
        command, env={"PATH": path, **settings}, capture_output=True, text=True, check=True
    ).stdout.splitlines()


def test_llama_with_prefix_caching_on_loopback(path: str) -> None:
    given = served(path)
    assert given[:2] == ["serve", "meta-llama/Llama-3.1-8B-Instruct"]
    assert "--enable-prefix-caching" in given
    assert given[given.index("--host") + 1] == "127.0.0.1"
    assert "--quantization" not in given


def test_the_served_name_does_not_change_with_the_weights(path: str) -> None:
    given = served(path, MODEL="somebody/quantised", QUANTIZATION="fp8")
    assert given[1] == "somebody/quantised"
    assert given[given.index("--served-model-name") + 1] == "meta-llama/Llama-3.1-8B-Instruct"
    assert given[given.index("--quantization") + 1] == "fp8"


def test_further_options_are_passed_on(path: str) -> None:
    assert served(path, "--enable-lora", "--lora-modules", "tutor=a folder")[-2:] == [
        "--lora-modules",
        "tutor=a folder",
    ]


def test_without_vllm_the_message_says_what_to_install(tmp_path: Path) -> None:
    ended = subprocess.run(
        ["/bin/sh", str(SERVE)], env={"PATH": str(tmp_path)}, capture_output=True, text=True, check=False
    )
    assert ended.returncode == 1
    assert "rostrum[vllm]" in ended.stderr
