"""Run units: on this machine or on a cluster, each one once, whatever interrupts.

The result of a unit is a file of its own, written as soon as it is known and named after all that decides
about it. An interruption loses the units that were running, and no other; the next run takes the rest.
"""

from __future__ import annotations

import json
import os
import platform
import sys
import threading
import time
from collections.abc import Iterator, Sequence
from dataclasses import asdict
from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from typing import Any

from tqdm import tqdm

from whyattention import __version__
from whyattention.experiments.units import Unit, code_digest
from whyattention.files import write_whole

Record = dict[str, Any]

#: What the progress bar and the errors say.
TEXT = {
    "unit": "unit",
    "failed": "{failed} of {count} units failed, the others are stored; the first: {error}",
    "no_cluster": "a scheduler needs dask.distributed: pip install 'whyattention[cluster]'",
    "other_code": "the workers of {address} must have the code {ours} of this machine, got {theirs}",
    "changed_code": "the code has changed while this ran: {unit}",
    "no_cuda": "device must be one that PyTorch finds here, got {device!r}",
}

# The units of a process share PyTorch's random numbers, and a worker of Dask may have several threads.
_ONE_AT_A_TIME = threading.Lock()
_WATCH_SECONDS = 0.5


class UnitError(RuntimeError):
    """Units failed. What the others measured is stored."""


def run_units(
    units: Sequence[Unit],
    folder: Path,
    *,
    device: str = "cpu",
    jobs: int | None = None,
    scheduler: str | None = None,
    label: str = "",
) -> list[Record]:
    """Run the units that ``folder`` does not hold yet, and return the records of all.

    Args:
        units: The units; the first to start should be the longest.
        folder: Where each unit's record is stored. It is made if it is not there.
        device: Where a unit computes: "cpu", "cuda" or another name that PyTorch knows.
        jobs: Processes on this machine, one thread each; None: one for each core.
        scheduler: Address of a Dask scheduler; None: this machine.
        label: What the progress bar is called.

    Returns:
        The records, in the order of ``units``.

    Raises:
        ImportError: A scheduler is named, and dask.distributed is not installed.
        OSError: The scheduler cannot be reached, or a record cannot be written.
        UnitError: A unit failed, after all others have been run.
        ValueError: This machine has no such device; the workers of the cluster have other code.
    """
    folder.mkdir(parents=True, exist_ok=True)
    paths = [folder / f"{unit.key(device)}.json" for unit in units]
    waiting = [unit for unit, path in zip(units, paths, strict=True) if _stored(path, unit) is None]
    if waiting and scheduler is None:
        _require_device(device)
        finished = _on_this_machine(waiting, device, jobs)
    else:
        finished = _on_cluster(waiting, device, scheduler) if waiting else iter(())
    errors = []
    with tqdm(
        total=len(units),
        initial=len(units) - len(waiting),
        desc=label,
        unit=TEXT["unit"],
        disable=not sys.stderr.isatty(),
    ) as bar:
        for unit, record in finished:
            if "error" in record:
                errors.append(record["error"])
            elif record["made_with"]["code"] != code_digest():
                errors.append(TEXT["changed_code"].format(unit=unit))
            else:
                write_whole(folder / f"{unit.key(device)}.json", json.dumps(record).encode())
            bar.update()
    if errors:
        raise UnitError(TEXT["failed"].format(failed=len(errors), count=len(units), error=errors[0]))
    return [_stored(path, unit) for unit, path in zip(units, paths, strict=True)]


def run_unit(unit: Unit, device: str) -> Record:
    """Run one unit, and say what it measured and what it was made with.

    An exception becomes ``{"error": …}``, so that it does not stop the units that others run.
    """
    import torch  # here and not above, so that a list of the sweeps is shown at once

    from whyattention.experiments.measures import MEASURES

    with _ONE_AT_A_TIME:
        try:
            measured = MEASURES[unit.measure](**unit.settings, seed=unit.seed, device=device)
        except Exception as error:
            return {"error": f"{type(error).__name__}: {error} ({unit})"}
    made_with = {
        "processor": processor(),
        "device": torch.cuda.get_device_name(device) if device.startswith("cuda") else device,
        "python": platform.python_version(),
        "torch": torch.__version__,
        "whyattention": __version__,
        "code": code_digest(),
    }
    return {
        "unit": asdict(unit),
        "date": datetime.now(UTC).date().isoformat(),
        "made_with": made_with,
        "measured": measured,
    }


def processor() -> str:
    """Return the model of this machine's processor."""
    try:
        lines = Path("/proc/cpuinfo").read_text("utf-8").splitlines()
    except OSError:
        lines = []
    models = (line.partition(":")[2].strip() for line in lines if line.startswith("model name"))
    return next(models, "") or platform.processor() or platform.machine()


def _stored(path: Path, unit: Unit) -> Record | None:
    """Return a record that is there; one that is damaged counts as not there, and is made again."""
    try:
        record = json.loads(path.read_text("utf-8"))
    except (FileNotFoundError, ValueError):
        return None
    whole = isinstance(record, dict) and {"unit", "date", "made_with", "measured"} <= record.keys()
    return record if whole and record["unit"] == json.loads(json.dumps(asdict(unit))) else None


def _on_this_machine(units: Sequence[Unit], device: str, jobs: int | None) -> Iterator[tuple[Unit, Record]]:
    import joblib

    jobs = joblib.cpu_count() if jobs is None else jobs
    # One thread for each process: the figures do not depend on how many processes there are.
    with joblib.parallel_config(backend="loky", n_jobs=jobs, inner_max_num_threads=1):
        run = joblib.Parallel(return_as="generator_unordered", batch_size=1, pre_dispatch="n_jobs")
        yield from run(joblib.delayed(_run_while_awaited)(unit, device, os.getpid()) for unit in units)


def _on_cluster(units: Sequence[Unit], device: str, address: str) -> Iterator[tuple[Unit, Record]]:
    try:
        from dask.distributed import Client, as_completed
    except ImportError as error:
        raise ImportError(TEXT["no_cluster"]) from error
    with Client(address, timeout="10s", set_as_default=False) as client:
        theirs = set(client.run(code_digest).values())
        if theirs != {code_digest()}:
            got = ", ".join(sorted(theirs)) or "no worker"
            raise ValueError(TEXT["other_code"].format(address=address, ours=code_digest(), theirs=got))
        # pure=False: what is measured is looked up in our folder, not in the memory of the cluster.
        futures = client.map(_run_and_name, units, [device] * len(units), pure=False)
        for _, outcome in as_completed(futures, loop=client.loop, with_results=True):
            yield outcome


def _run_while_awaited(unit: Unit, device: str, runner: int) -> tuple[Unit, Record]:
    """Run one unit in a process that ends when the one that waits for it is gone."""
    if os.getpid() != runner:
        _end_with(runner)
    return _run_and_name(unit, device)


@cache
def _end_with(parent: int) -> None:
    def watch() -> None:
        # An orphan is given another parent; what it measures would reach nobody.
        while os.getppid() == parent:
            time.sleep(_WATCH_SECONDS)
        os._exit(1)

    threading.Thread(target=watch, daemon=True).start()


def _run_and_name(unit: Unit, device: str) -> tuple[Unit, Record]:
    return unit, run_unit(unit, device)


def _require_device(device: str) -> None:
    import torch

    try:
        torch.empty(0, device=device)
    except (AssertionError, RuntimeError) as error:
        raise ValueError(TEXT["no_cuda"].format(device=device)) from error
