"""The command `whyattention`: finds the subcommand, and turns what goes wrong into a line and an exit code.

A subcommand is a module with two functions: ``add_arguments(parser)``, and ``run(options) -> int``, the exit
code. Only the module that is asked for is imported, so that `whyattention --help` answers at once.
"""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Sequence
from importlib import import_module
from importlib.util import find_spec
from typing import NamedTuple, NoReturn

from whyattention import __version__
from whyattention.commands import (
    FAILED,
    INTERRUPTED,
    OUTPUT,
    PIPE_CLOSED,
    UNREADABLE,
    USAGE,
    CommandError,
)


class Command(NamedTuple):
    """Where a subcommand lives, and what the overview says of it."""

    module: str
    summary: str


#: All subcommands. One whose module is not installed is not offered.
COMMANDS = {
    "translate": Command("whyattention.commands.translate", "translate English sentences into French"),
    "train": Command("whyattention.commands.train", "train a translator on sentence pairs"),
    "experiments": Command("whyattention.experiments", "measure what the book reports"),
    "assignments": Command(
        "whyattention.commands.assignments", "build the assignments, and verify their graders"
    ),
}

TEXT = {
    "description": "The commands of the course Why Attention?",
    "commands": "commands",
    "more": "whyattention COMMAND --help tells more.",
    "exit_codes": "exit codes",
    "error": "{program}: {message}\n",
    "usage": "{program}: {message} (see {program} --help)\n",
    "interrupted": "interrupted",
}

EXIT_CODES = {
    0: "done",
    FAILED: "not all could be done: a sentence was not translated, or training diverged",
    USAGE: "the command line is wrong",
    UNREADABLE: "a file cannot be read, or does not hold what it should",
    OUTPUT: "a file is in the way, or cannot be written",
    INTERRUPTED: "interrupted from the keyboard",
    PIPE_CLOSED: "whoever read the output has stopped reading",
}


class _Parser(argparse.ArgumentParser):
    """A parser that needs one line to say what is wrong."""

    def error(self, message: str) -> NoReturn:
        self.exit(USAGE, TEXT["usage"].format(program=self.prog, message=message))


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command line and return the exit code; ``EXIT_CODES`` says what each one means.

    Args:
        arguments: The words behind `whyattention`; None for those that the program was started with.

    Returns:
        The exit code.
    """
    for stream in (sys.stdout, sys.stderr):
        # French on a screen or in a file that is set to less than UTF-8 must not end in an exception.
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(encoding="utf-8", errors="backslashreplace")
    arguments = list(sys.argv[1:] if arguments is None else arguments)
    commands = {name: command for name, command in COMMANDS.items() if _is_installed(command.module)}
    try:
        return _run(arguments, commands)
    except SystemExit as stop:  # what argparse ends with, after --help and after a mistake
        return stop.code if isinstance(stop.code, int) else 0
    except CommandError as error:
        name = f"whyattention {arguments[0]}"
        sys.stderr.write(TEXT["error"].format(program=name, message=error))
        return error.exit_code
    except KeyboardInterrupt:
        sys.stderr.write(TEXT["error"].format(program="whyattention", message=TEXT["interrupted"]))
        return INTERRUPTED
    except BrokenPipeError:
        # What is still buffered has no reader: Python would complain of it at its end.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return PIPE_CLOSED


def _run(arguments: list[str], commands: dict[str, Command]) -> int:
    overview = _Parser(
        prog="whyattention",
        description=TEXT["description"],
        epilog=_overview(commands),
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    overview.add_argument("--version", action="version", version=f"%(prog)s {__version__}")
    overview.add_argument("command", metavar="COMMAND", choices=commands)
    if not arguments:
        overview.print_help()
        return USAGE
    name = overview.parse_args(arguments[:1]).command
    parser = _Parser(prog=f"whyattention {name}", description=commands[name].summary.capitalize() + ".")
    module = import_module(commands[name].module)
    module.add_arguments(parser)
    options = parser.parse_args(arguments[1:])
    code = module.run(options)
    sys.stdout.flush()  # here, where a closed pipe is still answered
    return code


def _overview(commands: dict[str, Command]) -> str:
    lines = [f"{TEXT['commands']}:"]
    lines += [f"  {name:<14}{command.summary}" for name, command in commands.items()]
    lines += ["", f"{TEXT['exit_codes']}:"]
    lines += [f"  {code:<14}{meaning}" for code, meaning in EXIT_CODES.items()]
    return "\n".join([*lines, "", TEXT["more"]])


def _is_installed(module: str) -> bool:
    try:
        return find_spec(module) is not None
    except ModuleNotFoundError:  # not even the package that should hold it
        return False


if __name__ == "__main__":
    sys.exit(main())
