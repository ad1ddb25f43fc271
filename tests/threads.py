"""Threads of training runs: which ones live, and waiting for them."""

import threading
import time


def threads_of_runs() -> list[str]:
    return [thread.name for thread in threading.enumerate() if thread.name == "training run"]


def wait_until(true) -> None:
    deadline = time.monotonic() + 60
    while not true():
        assert time.monotonic() < deadline
        time.sleep(0.01)
