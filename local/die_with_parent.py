"""Runs another program in its place that the system kills when the parent dies, even by kill -9.

    python -I -S die_with_parent.py PARENT_PID PROGRAM [ARGUMENT …]

Linux only; elsewhere it just runs the program, and the next `rostrum up` kills the orphans of an earlier one. A
separate program, because setting this between fork and exec would run Python in a copy of a multi-threaded process."""

import ctypes
import os
import signal
import sys

_PR_SET_PDEATHSIG = 1
"""From linux/prctl.h; survives exec. The signal is sent when the forking thread ends: start children from the main
thread."""


def main(parent: int, command: list[str]) -> None:
    if sys.platform == "linux":
        libc = ctypes.CDLL(None, use_errno=True)
        if libc.prctl(_PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0) != 0:
            raise OSError(ctypes.get_errno(), "prctl(PR_SET_PDEATHSIG) failed")
        if os.getppid() != parent:
            # The parent died before the call above took effect.
            return
    os.execvp(command[0], command)  # noqa: S606 - running the given program is the purpose


if __name__ == "__main__":
    main(int(sys.argv[1]), sys.argv[2:])
