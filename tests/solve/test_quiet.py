"""Standard output holds what we write and nothing else."""

import subprocess
import sys

import pytest

WRITES = """
import ctypes, os, sys, threading
from chargeplan.solve.quiet import keep_stdout_clean
c = ctypes.CDLL(None)
print("before")
def make_noise():
    with keep_stdout_clean():
        c.puts(b"noise, held back by the C library")
        os.write(1, b"noise, at once\\n")
try:
    with keep_stdout_clean():
        make_noise()
        raise RuntimeError
except RuntimeError:
    print("after")
make_noise()
"""


@pytest.mark.skipif(sys.platform == "win32", reason="the C library is loaded in the way of POSIX")
def test_what_a_library_writes_goes_nowhere_and_our_lines_stay():
    done = subprocess.run(
        [sys.executable, "-c", WRITES], capture_output=True, text=True, timeout=60, check=True
    )
    assert done.stdout.splitlines() == ["before", "after"]


def test_without_a_standard_output_nothing_fails():
    program = (
        "import os; os.close(1)\n"
        "from chargeplan.solve.quiet import keep_stdout_clean\n"
        "with keep_stdout_clean(): pass\n"
        "os._exit(7)"
    )
    assert subprocess.run([sys.executable, "-c", program], timeout=60, check=False).returncode == 7
