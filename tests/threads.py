"""Threads of training runs: which ones live, and waiting for them."""

import threading
import time


def threads_of_runs() -> list[str]:
    return [thread.name for thread in threading.enumerate() if thread.name == "training run"]


def wait_until(true, seconds=20.0) -> None:
    deadline = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < deadline
        time.sleep(0.01)
