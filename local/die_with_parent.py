"""Becomes another program that the system kills when its parent dies, even by kill -9.

    python -I -S die_with_parent.py PARENT_PID PROGRAM [ARGUMENT …]

Linux only; elsewhere it just becomes the program, and the next `rostrum up` ends what an earlier one left behind. A
program of its own because setting this between fork and exec would run Python in a copy of a process with threads."""

import ctypes
import os
import signal
import sys

_PR_SET_PDEATHSIG = 1
"""From linux/prctl.h; survives exec. Sent when the thread that forked ends: start children from the main thread."""


def main(parent: int, command: list[str]) -> None:
    if sys.platform == "linux":
        libc = ctypes.CDLL(None, use_errno=True)
        if libc.prctl(_PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0) != 0:
            raise OSError(ctypes.get_errno(), "prctl(PR_SET_PDEATHSIG) failed")
        if os.getppid() != parent:
            # The parent died before the line above took hold.
            return
    os.execvp(command[0], command)  # noqa: S606 - becoming the given program is the purpose


if __name__ == "__main__":
    main(int(sys.argv[1]), sys.argv[2:])
