"""Building: from the sources in a folder to everything that a course needs, in another folder."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from whyattention.files import write_whole
from whyattention.grading.assignment import Assignment
from whyattention.grading.formats import instructor_notebook, student_notebook
from whyattention.grading.leaks import leaks
from whyattention.grading.nbgrader_course import CONFIG, nbgrader_notebook, write_notebook
from whyattention.grading.otter_source import otter_notebook, requirements, wheel_of_this_package
from whyattention.grading.overlay import read_with, require_names
from whyattention.grading.source import SourceError

#: Folders of what is built.
STUDENT, INSTRUCTOR, NBGRADER, OTTER = "student", "instructor", "nbgrader", "otter"
CONFIG_FILE = "nbgrader_config.py"

MESSAGES = {
    "folder": "{path}: there is no such folder",
    "none": "{path}: holds no notebook",
    "name": "{path}: there is no such assignment, expected one of {known}",
    "leak": "{path}: the file for students was not written, it holds {leak}",
}


class LeakError(SourceError):
    """A file for students would show what they must not see."""


@dataclass(frozen=True)
class Built:
    """What a build has written for one assignment."""

    assignment: Assignment
    files: tuple[Path, ...]


def sources(folder: Path, names: list[str] | None = None) -> list[Path]:
    """Return the sources in a folder, in their order.

    Args:
        folder: The folder.
        names: Which ones; None or none for all.

    Raises:
        SourceError: There is no such folder or no such assignment.
    """
    if not folder.is_dir():
        raise SourceError(MESSAGES["folder"].format(path=folder))
    found = {path.stem: path for path in sorted(folder.glob("*.ipynb"))}
    if not found:
        raise SourceError(MESSAGES["none"].format(path=folder))
    for name in names or []:
        if name not in found:
            raise SourceError(MESSAGES["name"].format(path=folder / name, known=list(found)))
    return [path for name, path in found.items() if not names or name in names]


def build(
    paths: list[Path], out: Path, variant: str | None = None, overlay: Path | None = None
) -> list[Built]:
    """Write each assignment in every format.

    Nothing is written unless all sources are valid and no file for students shows a solution. Files of an
    older build are replaced; nothing else in the folder is touched, neither submissions nor a gradebook, nor
    a configuration that was edited.

    Args:
        paths: The sources.
        out: Where to; made if it does not exist.
        variant: Name of a variant, or None for the sources' own values.
        overlay: A folder of private hidden checks, or None.

    Returns:
        What was written.

    Raises:
        SourceError: A source or the overlay is not what it should be.
        LeakError: A file for students would show what they must not see.
        OSError: A file cannot be read or written.
    """
    if overlay is not None:
        require_names(overlay, [path.stem for path in sources(paths[0].parent)])
    assignments = [read_with(path, overlay, variant) for path in paths]
    wheel, package = wheel_of_this_package()
    written = []
    for assignment in assignments:
        files = _files(assignment, wheel)
        files[Path(OTTER, assignment.name, wheel)] = package
        files[Path(OTTER, assignment.name, "requirements.txt")] = requirements(wheel).encode()
        written.append((assignment, files))
    built = []
    for assignment, files in written:
        for path, data in files.items():
            _write(out / path, data)
        built.append(Built(assignment, tuple(out / path for path in files)))
    config = out / NBGRADER / CONFIG_FILE
    if not config.exists():
        _write(config, CONFIG.encode())
    return built


def _files(assignment: Assignment, wheel: str) -> dict[Path, bytes]:
    name = f"{assignment.name}.ipynb"
    student = student_notebook(assignment)
    for leak in leaks(assignment, student):
        raise LeakError(MESSAGES["leak"].format(path=assignment.path, leak=leak))
    return {
        Path(STUDENT, name): write_notebook(student),
        Path(INSTRUCTOR, name): write_notebook(instructor_notebook(assignment)),
        Path(NBGRADER, "source", assignment.name, name): write_notebook(nbgrader_notebook(assignment)),
        Path(OTTER, assignment.name, name): write_notebook(otter_notebook(assignment, wheel)),
    }


def _write(path: Path, data: bytes) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    write_whole(path, data)
