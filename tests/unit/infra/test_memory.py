"""In a process of its own: what is set cannot be taken back."""

import subprocess
import sys

import pytest

_TRIMMED = """
import gc
from infra.memory import settle, trim

def resident():
    return int(open("/proc/self/statm").read().split()[1]) * 4096

settle()
assert gc.get_freeze_count() > 1000
buffers = [bytearray(b"x" * SIZE) for _ in range(COUNT)]
for number in range(0, COUNT, 2):
    buffers[number] = None
holed = resident()
trim()
print(holed - resident())
"""


@pytest.mark.skipif(sys.platform != "linux", reason="glibc alone can do it")
@pytest.mark.parametrize("size", [16_384, 262_144], ids=["records", "TLS buffers"])
def test_holes_in_the_heap_go_back_when_it_is_trimmed(size: int) -> None:
    count = 64 * 1024 * 1024 // size
    program = f"SIZE, COUNT = {size}, {count}\n{_TRIMMED}"

    ran = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, timeout=60, check=False)

    assert ran.returncode == 0, ran.stderr
    assert int(ran.stdout) > 0.5 * count / 2 * size
