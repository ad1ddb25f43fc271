"""A real Jupyter for the tests of this folder, with settings, folders and kernels of its own."""

import json
import os
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable, Iterator
from pathlib import Path

import nbformat
import psutil
import pytest
from nbformat.v4 import new_code_cell, new_notebook

# A first start asks whether news may be fetched, in a box over the notebook.
NO_NEWS = {"disabledExtensions": {"@jupyterlab/apputils-extension:announcements": True}}
PATHS = {"lab": "lab/tree", "notebook": "notebooks"}
FOLDERS = (
    "IPYTHONDIR",
    "JUPYTER_CONFIG_DIR",
    "JUPYTER_DATA_DIR",
    "JUPYTER_RUNTIME_DIR",
    "JUPYTERLAB_SETTINGS_DIR",
    "JUPYTERLAB_WORKSPACES_DIR",
)


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def wait_for(url: str, server: subprocess.Popen, log: Path) -> None:
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline and server.poll() is None:
        try:
            urllib.request.urlopen(url, timeout=5).close()
            return
        except OSError:
            time.sleep(0.1)
    pytest.fail(f"Jupyter did not start:\n{log.read_text()}", pytrace=False)


def stop(server: subprocess.Popen) -> None:
    """End the server and its kernels, which live in process groups of their own."""
    family = [psutil.Process(server.pid)] if server.poll() is None else []
    family += [child for process in family for child in process.children(recursive=True)]
    server.terminate()
    _, alive = psutil.wait_procs(family, timeout=10)
    for process in alive:
        process.kill()
    server.wait(10)


@pytest.fixture
def jupyter(tmp_path: Path) -> Iterator[Callable[..., str]]:
    """``jupyter("lab", *cells)`` serves a notebook of these cells and returns its address."""
    servers = []

    def start(application: str, *sources: str) -> str:
        # Without a kernel's name Jupyter asks for one.
        kernel = {"kernelspec": {"display_name": "Python 3", "language": "python", "name": "python3"}}
        cells = [new_code_cell(source) for source in sources]
        nbformat.write(new_notebook(cells=cells, metadata=kernel), tmp_path / "notebooks" / "small.ipynb")
        port = free_port()
        folders = {name: str(tmp_path / name.lower()) for name in FOLDERS}
        page_config = Path(folders["JUPYTER_CONFIG_DIR"], "labconfig", "page_config.json")
        page_config.parent.mkdir(parents=True)
        page_config.write_text(json.dumps(NO_NEWS))
        log = tmp_path / "jupyter.log"
        with log.open("w") as output:
            server = subprocess.Popen(
                [
                    *(sys.executable, "-m", "jupyter", application, "--no-browser", "--allow-root"),
                    *("--ip=127.0.0.1", f"--port={port}", "--ServerApp.port_retries=0"),
                    *("--IdentityProvider.token=", f"--ServerApp.root_dir={tmp_path / 'notebooks'}"),
                ],
                env=os.environ | folders,
                stdout=output,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )
        servers.append(server)
        address = f"http://127.0.0.1:{port}"
        wait_for(f"{address}/api", server, log)
        return f"{address}/{PATHS[application]}/small.ipynb"

    (tmp_path / "notebooks").mkdir()
    try:
        yield start
    finally:
        for server in servers:
            stop(server)
