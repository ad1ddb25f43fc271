"""`whyattention experiments`: run sweeps, list them, or compare a small run with what is stored."""

from __future__ import annotations

import argparse
from pathlib import Path

from whyattention.commands import (
    FAILED,
    INTERRUPTED,
    OUTPUT,
    UNREADABLE,
    USAGE,
    CommandError,
    explain,
    positive_integer,
)
from whyattention.experiments.results import disagreements, join, load_result, to_text
from whyattention.experiments.runner import UnitError, run_units
from whyattention.experiments.sweeps import SWEEPS, cost, minutes
from whyattention.experiments.units import Sweep
from whyattention.files import write_whole

RESULTS, CACHE = Path("book/results"), Path("_build/experiments")

TEXT = {
    "names": "sweeps to run; --list tells which there are",
    "all": "run all sweeps",
    "list": "name the sweeps, with what they take on two cores, and stop",
    "small": "run a reduced version, in seconds, and compare it with the stored result; nothing is stored",
    "device": "where to compute, such as cuda (default: %(default)s)",
    "jobs": "processes on this machine, one thread each (default: one for each core)",
    "scheduler": "run on the Dask cluster of this scheduler; one thread for each of its workers is best",
    "results": "folder of the results (default: %(default)s)",
    "cache": "folder of what is known already, unit by unit (default: %(default)s)",
    "which": "name at least one sweep, or --all; --list names them",
    "unknown": "there is no sweep {names}; there are {known}",
    "no_folder": "{folder} cannot be made, since {parent} is not there: run this at the root of the project",
    "entry": "{name:<{width}}  {minutes:>4.0f} min  {units:>3} units  {state:<10}  {about}",
    "total": "{name:<{width}}  {minutes:>4.0f} min  {units:>3} units              estimated, on two cores",
    "all_units": "together",
    "stored": "stored",
    "not_stored": "not stored",
    "done": "{name}: {units} units, {path}",
    "agrees": "{name}: agrees with {path}",
    "nothing": "{name}: runs; there is no {path} to compare it with",
    "differs": "{name}: differs from {path}",
    "interrupted": "interrupted; what was measured is kept, and the same command goes on from there",
}


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the options of this command to its parser."""
    parser.add_argument("names", metavar="NAME", nargs="*", help=TEXT["names"])
    parser.add_argument("--all", action="store_true", help=TEXT["all"])
    parser.add_argument("--list", action="store_true", help=TEXT["list"])
    parser.add_argument("--small", action="store_true", help=TEXT["small"])
    parser.add_argument("--device", default="cpu", help=TEXT["device"])
    parser.add_argument("--jobs", type=positive_integer, help=TEXT["jobs"])
    parser.add_argument("--scheduler", metavar="ADDRESS", help=TEXT["scheduler"])
    parser.add_argument("--results", type=Path, default=RESULTS, metavar="FOLDER", help=TEXT["results"])
    parser.add_argument("--cache", type=Path, default=CACHE, metavar="FOLDER", help=TEXT["cache"])


def run(options: argparse.Namespace) -> int:
    """Run the command and return its exit code.

    Raises:
        CommandError: Whatever could not be done, with the exit code.
    """
    if options.list:
        print(_overview(options.results))
        return 0
    sweeps = _chosen(options)
    if not options.small and not options.results.parent.is_dir():
        folders = {"folder": options.results, "parent": options.results.parent}
        raise CommandError(TEXT["no_folder"].format(**folders), OUTPUT)
    try:
        codes = [_run_sweep(sweep, options) for sweep in sweeps]
    except KeyboardInterrupt:
        raise CommandError(TEXT["interrupted"], INTERRUPTED) from None
    except UnitError as error:
        raise CommandError(str(error), FAILED) from error
    except (ImportError, ValueError) as error:
        raise CommandError(str(error), USAGE) from error
    except OSError as error:
        raise CommandError(explain(error), OUTPUT) from error
    return max(codes)


def _chosen(options: argparse.Namespace) -> list[Sweep]:
    unknown = [name for name in options.names if name not in SWEEPS]
    if unknown:
        raise CommandError(TEXT["unknown"].format(names=", ".join(unknown), known=", ".join(SWEEPS)), USAGE)
    if not options.all and not options.names:
        raise CommandError(TEXT["which"], USAGE)
    return [sweep for name, sweep in SWEEPS.items() if options.all or name in options.names]


def _run_sweep(sweep: Sweep, options: argparse.Namespace) -> int:
    units = sweep.units(options.small)
    # The longest first, so that no process is left alone with one of them at the end.
    order = sorted(range(len(units)), key=lambda place: -cost(units[place]))
    in_order = run_units(
        [units[place] for place in order],
        options.cache,
        device=options.device,
        jobs=options.jobs,
        scheduler=options.scheduler,
        label=sweep.name,
    )
    records = [record for _, record in sorted(zip(order, in_order, strict=True), key=lambda pair: pair[0])]
    result = join(sweep, records, options.small)
    path = options.results / f"{sweep.name}.json"
    named = {"name": sweep.name, "path": path, "units": len(units)}
    if not options.small:
        path.parent.mkdir(exist_ok=True)
        write_whole(path, to_text(result).encode())
        print(TEXT["done"].format(**named), flush=True)
        return 0
    if not path.is_file():
        print(TEXT["nothing"].format(**named), flush=True)
        return 0
    try:
        stored = load_result(path)
    except ValueError as error:
        raise CommandError(str(error), UNREADABLE) from error
    found = disagreements(result, stored)
    print(TEXT["differs" if found else "agrees"].format(**named), *found, sep="\n  ", flush=True)
    return FAILED if found else 0


def _overview(results: Path) -> str:
    width = max(map(len, SWEEPS))
    lines = []
    for name, sweep in SWEEPS.items():
        state = TEXT["stored" if (results / f"{name}.json").is_file() else "not_stored"]
        units = sweep.units()
        figures = {"minutes": minutes(units), "units": len(units), "state": state, "about": sweep.about}
        lines.append(TEXT["entry"].format(name=name, width=width, **figures))
    # Some sweeps share units, which are run once.
    distinct = {unit.key("cpu"): unit for sweep in SWEEPS.values() for unit in sweep.units()}
    figures = {"minutes": minutes(list(distinct.values())), "units": len(distinct)}
    return "\n".join([*lines, TEXT["total"].format(name=TEXT["all_units"], width=width, **figures)])
