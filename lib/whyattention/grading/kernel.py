"""A kernel for answers of others: no network, an empty folder of its own, limits on memory and time.

nbgrader runs submissions with the rights of whoever grades. On Linux, bwrap (the package ``bubblewrap``)
starts their kernel in namespaces of its own: it sees the system's libraries, Python and its packages, and
this package, all of it read-only; of home folders, the course, other submissions and the gradebook it sees
nothing. There is no network, so kernel and nbgrader talk through sockets in a folder (transport ``ipc``).

A kernel manager and not a kernel specification: which folder is the kernel's own is known only when it
starts, and nothing needs to be installed.
"""

from __future__ import annotations

import os
import shutil
import site
import subprocess
import sys
import sysconfig
import tempfile
from pathlib import Path
from typing import Any

import whyattention
from whyattention.execute import OwnKernel

#: Bytes of address space: PyTorch alone reserves several times what it uses.
MEMORY = 12 * 2**30
#: Seconds of processor time for a whole notebook.
SECONDS = 600
#: Bytes of a file.
FILE = 64 * 2**20

MESSAGES = {
    "missing": "{name} is not installed",
    "refused": "bwrap cannot make namespaces here ({problem})",
}

_SYSTEM = ("/usr", "/bin", "/sbin", "/lib", "/lib32", "/lib64", "/libx32")
_SETTINGS = (
    "/etc/ld.so.cache",
    "/etc/ld.so.conf",
    "/etc/ld.so.conf.d",
    "/etc/localtime",
    "/etc/alternatives",
)
_TOOLS = ("bwrap", "prlimit")


def sandbox_problem() -> str | None:
    """Return why there can be no sandbox here, or None."""
    for name in _TOOLS:
        if shutil.which(name) is None:
            return MESSAGES["missing"].format(name=name)
    trial = ["bwrap", "--unshare-all", "--ro-bind", "/", "/", "--", "true"]
    done = subprocess.run(trial, capture_output=True, text=True)
    if done.returncode:
        return MESSAGES["refused"].format(problem=done.stderr.strip() or done.returncode)
    return None


def sandbox_command(command: list[str], folder: str, sockets: str) -> list[str]:
    """Return a command that runs another one in the sandbox.

    Args:
        command: What is to run.
        folder: The one folder that it may write to, and starts in.
        sockets: The folder of the sockets, which it may write to as well.
    """
    limits = ["prlimit", f"--as={MEMORY}", f"--cpu={SECONDS}", f"--fsize={FILE}", "--core=0", "--"]
    words = ["bwrap", "--unshare-all", "--die-with-parent", "--new-session", "--clearenv"]
    words += ["--proc", "/proc", "--dev", "/dev", "--tmpfs", "/tmp", "--dir", "/tmp/home"]
    for path in _SYSTEM:
        if os.path.islink(path):
            words += ["--symlink", os.readlink(path), path]
        elif os.path.exists(path):
            words += ["--ro-bind", path, path]
    for path in (*_SETTINGS, *_python_folders()):
        words += ["--ro-bind-try", path, path]
    for path in (folder, sockets):
        words += ["--bind", path, path]
    settings = {
        "PATH": f"{Path(sys.executable).parent}:/usr/bin:/bin",
        "HOME": "/tmp/home",
        "LANG": "C.UTF-8",
        "OMP_NUM_THREADS": "1",
        # The sandbox is left behind after one notebook: nothing is to be stored.
        "PYTHONDONTWRITEBYTECODE": "1",
    }
    if "WHYATTENTION_SEED" in os.environ:
        settings["WHYATTENTION_SEED"] = os.environ["WHYATTENTION_SEED"]
    for name, value in settings.items():
        words += ["--setenv", name, value]
    return [*limits, *words, "--chdir", folder, "--", *command]


def _python_folders() -> list[str]:
    """Return where Python, its packages and this package are; the outer ones first."""
    folders = {sys.prefix, sys.base_prefix, str(Path(sys.executable).resolve().parents[1])}
    folders |= {sysconfig.get_path(name) for name in ("stdlib", "purelib", "platlib")}
    folders |= set(site.getsitepackages())
    # Of a checkout only the library: its assignments lie beside it.
    folders.add(str(Path(whyattention.__file__).parents[0]))
    real = {os.path.realpath(path) for path in folders if os.path.exists(path)} | folders
    inside = tuple(f"{path}/" for path in _SYSTEM)
    return sorted(path for path in real if not path.startswith(inside) and path != "/")


class SandboxedKernel(OwnKernel):
    """Starts a kernel in the sandbox, in the folder that it is given."""

    def __init__(self, **options: Any) -> None:
        super().__init__(**options)
        # A short path: the name of a socket may have about a hundred characters.
        self._sockets = tempfile.TemporaryDirectory(prefix="kernel-")
        self.transport = "ipc"
        self.ip = str(Path(self._sockets.name, "s"))
        self.connection_file = str(Path(self._sockets.name, "connection.json"))

    async def _async_pre_start_kernel(self, **options: Any) -> tuple[list[str], dict[str, Any]]:
        # A signal would stop at bwrap; the kernel itself hears a message.
        self.kernel_spec.interrupt_mode = "message"
        command, options = await super()._async_pre_start_kernel(**options)
        folder = str(options.get("cwd") or self._sockets.name)
        # It would tell whoever grades how to connect to it.
        options["stdout"] = subprocess.DEVNULL
        return sandbox_command(command, folder, self._sockets.name), options

    pre_start_kernel = _async_pre_start_kernel

    async def _async_cleanup_resources(self, restart: bool = False) -> None:
        await super()._async_cleanup_resources(restart)
        if not restart:
            self._sockets.cleanup()

    cleanup_resources = _async_cleanup_resources
