"""In a process of its own: what is set cannot be taken back."""

import subprocess
import sys

import pytest

_PROGRAM = """
import gc
from infra.memory import give_back_freed

def resident():
    return int(open("/proc/self/statm").read().split()[1]) * 4096

give_back_freed()
assert gc.get_freeze_count() > 1000
buffers = [bytearray(b"x" * 65536) for _ in range(2000)]
pins = []
full = resident()
for number in range(0, 2000, 2):
    pins.append(bytes(600))
    buffers[number] = None
print(full - resident())
"""


@pytest.mark.skipif(sys.platform != "linux", reason="glibc alone has these thresholds")
def test_every_second_connections_buffer_goes_back_when_it_is_freed() -> None:
    ran = subprocess.run([sys.executable, "-c", _PROGRAM], capture_output=True, text=True, timeout=60, check=False)

    assert ran.returncode == 0, ran.stderr
    assert int(ran.stdout) > 0.9 * 1000 * 65536


_TRIMMED = """
from infra.memory import give_back_freed, trim

def resident():
    return int(open("/proc/self/statm").read().split()[1]) * 4096

give_back_freed()
buffers = [bytearray(b"x" * 16384) for _ in range(4000)]
for number in range(0, 4000, 2):
    buffers[number] = None
holed = resident()
trim()
print(holed - resident())
"""


@pytest.mark.skipif(sys.platform != "linux", reason="glibc alone can do it")
def test_holes_in_the_heap_go_back_when_it_is_trimmed() -> None:
    ran = subprocess.run([sys.executable, "-c", _TRIMMED], capture_output=True, text=True, timeout=60, check=False)

    assert ran.returncode == 0, ran.stderr
    assert int(ran.stdout) > 0.5 * 2000 * 16384


_KEPT = """
import resource
import threading
from infra.memory import keep_freed

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
def test_large_blocks_are_used_again_on_any_thread(megabytes: int) -> None:
    program = _KEPT.replace("SIZE", str(megabytes * 1024 * 1024))
    ran = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, timeout=60, check=False)

    assert ran.returncode == 0, ran.stderr
    pages_of_one_block = megabytes * 256
    assert int(ran.stdout) < pages_of_one_block
