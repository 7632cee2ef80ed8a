"""In separate processes: these settings cannot be undone."""

import subprocess
import sys

import pytest

from tests.support.waiting import DEADLINE_S

_TRIMMED = """
import gc
from infra.malloc import trim, tune_for_connections

def resident():
    return int(open("/proc/self/statm").read().split()[1]) * 4096

tune_for_connections()
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
def test_trimming_returns_holes_in_the_heap(size: int) -> None:
    count = 64 * 1024 * 1024 // size
    program = f"SIZE, COUNT = {size}, {count}\n{_TRIMMED}"

    ran = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, timeout=DEADLINE_S, check=False
    )

    assert ran.returncode == 0, ran.stderr
    assert int(ran.stdout) > 0.5 * count / 2 * size


_KEPT = """
import resource
import threading
from infra.malloc import keep_freed

def faults():
    return resource.getrusage(resource.RUSAGE_SELF).ru_minflt

def sums():
    for _ in range(10):
        bytearray(SIZE)

keep_freed()
for work in (sums, sums):
    before = faults()
    thread = threading.Thread(target=work)
    thread.start()
    thread.join()
print(faults() - before)
"""


@pytest.mark.parametrize("megabytes", [40, 80])
@pytest.mark.skipif(sys.platform != "linux", reason="glibc alone has these thresholds")
def test_large_blocks_are_reused_on_any_thread(megabytes: int) -> None:
    program = _KEPT.replace("SIZE", str(megabytes * 1024 * 1024))
    ran = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, timeout=DEADLINE_S, check=False
    )

    assert ran.returncode == 0, ran.stderr
    pages_of_one_block = megabytes * 256
    assert int(ran.stdout) < pages_of_one_block
