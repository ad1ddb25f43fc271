"""`whyattention assignments`: rehearse the checks, build all formats, verify them by the real graders."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from whyattention.commands import FAILED, OUTPUT, UNREADABLE, CommandError, explain, integer_up_to

FOLDER, OUT = Path("assignments"), Path("_build/assignments")

TEXT = {
    "action": "what to do",
    "rehearse": "run all checks on the solutions and on the blanks, here, without a grader; for authors",
    "build": "write the assignments for students, instructors, nbgrader and otter",
    "verify": "grade the instructor's copy and the empty one: all points, and none",
    "names": "which assignments (default: all)",
    "source": "folder of the sources (default: %(default)s)",
    "out": f"where to write (default: {OUT}, or {OUT}-NAME for a variant)",
    "variant": "other numbers, sentences and blanks, drawn by this name",
    "overlay": "folder of private hidden checks; see CONTRIBUTING.md",
    "variants": "so many variants as well, named v1, v2, … (default: %(default)s)",
    "folder": "what build has written (default: %(default)s)",
    "grader": "only this grader (default: both)",
    "built": "{name}: {points} points, {minutes} minutes, {questions} questions\n",
    "written": (
        "written: {out}/student, instructor, nbgrader, otter\n"
        "verify:  whyattention assignments verify {out}\n"
    ),
}
MESSAGES = {"no_grader": "{grader} is not installed: run make assignments, or install the group grading"}


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the options of this command."""
    actions = parser.add_subparsers(dest="action", metavar="ACTION", required=True, help=TEXT["action"])
    parsers = {
        name: actions.add_parser(name, help=TEXT[name], description=f"{TEXT[name].capitalize()}.")
        for name in ("rehearse", "build", "verify")
    }
    for name in ("rehearse", "build"):
        add = parsers[name].add_argument
        add("names", nargs="*", metavar="NAME", help=TEXT["names"])
        add("--source", type=Path, default=FOLDER, metavar="FOLDER", help=TEXT["source"])
        add("--overlay", type=Path, metavar="FOLDER", help=TEXT["overlay"])
    add = parsers["rehearse"].add_argument
    add("--variants", type=integer_up_to(1000), default=3, metavar="N", help=TEXT["variants"])
    add = parsers["build"].add_argument
    add("--out", type=Path, metavar="FOLDER", help=TEXT["out"])
    add("--variant", metavar="NAME", help=TEXT["variant"])
    add = parsers["verify"].add_argument
    add("folder", nargs="?", type=Path, default=OUT, metavar="FOLDER", help=TEXT["folder"])
    add("--only", choices=("nbgrader", "otter"), help=TEXT["grader"])
    add("--name", action="append", metavar="NAME", help=TEXT["names"])


def run(options: argparse.Namespace) -> int:
    """Rehearse, build or verify.

    Returns:
        The exit code: 0, or 1 where checks or graders do not give what they should.

    Raises:
        CommandError: A source is not valid, a file cannot be read or written, or a grader is not installed.
    """
    return {"rehearse": _rehearse, "build": _build, "verify": _verify}[options.action](options)


def _rehearse(options: argparse.Namespace) -> int:
    from whyattention.grading.build import sources
    from whyattention.grading.overlay import require_names
    from whyattention.grading.rehearsal import rehearse
    from whyattention.grading.source import SourceError

    right = True
    try:
        paths = sources(options.source, options.names)
        if options.overlay is not None:
            require_names(options.overlay, [path.stem for path in sources(options.source)])
        for path in paths:
            variants = [None, *(f"v{number}" for number in range(1, options.variants + 1))]
            lines, fine = rehearse(path, variants, options.overlay)
            sys.stdout.write("".join(f"{line}\n" for line in lines))
            right = right and fine
    except SourceError as error:
        raise CommandError(str(error), UNREADABLE) from error
    return 0 if right else FAILED


def _build(options: argparse.Namespace) -> int:
    from whyattention.grading.build import build, sources
    from whyattention.grading.source import SourceError

    out = options.out or (OUT.with_name(f"{OUT.name}-{options.variant}") if options.variant else OUT)
    try:
        built = build(sources(options.source, options.names), out, options.variant, options.overlay)
    except SourceError as error:
        raise CommandError(str(error), UNREADABLE) from error
    except OSError as error:
        raise CommandError(explain(error), OUTPUT) from error
    for each in built:
        assignment = each.assignment
        sys.stdout.write(
            TEXT["built"].format(
                name=assignment.name,
                points=assignment.points,
                minutes=assignment.minutes,
                questions=len(assignment.questions),
            )
        )
    sys.stdout.write(TEXT["written"].format(out=out))
    return 0


def _verify(options: argparse.Namespace) -> int:
    from whyattention.grading.source import SourceError

    try:
        from whyattention.grading import verify
    except ModuleNotFoundError as error:
        raise CommandError(MESSAGES["no_grader"].format(grader=error.name), OUTPUT) from error
    graders = [options.only] if options.only else ["nbgrader", "otter"]
    try:
        lines, right = verify.verify(options.folder, graders, options.name)
    except SourceError as error:
        raise CommandError(str(error), UNREADABLE) from error
    except verify.GraderError as error:
        raise CommandError(str(error), FAILED) from error
    sys.stdout.write("".join(f"{line}\n" for line in lines))
    return 0 if right else FAILED
