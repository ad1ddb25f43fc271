"""A kernel for the answers of others reaches no network, no file but its own, and not endless memory."""

import shutil
import sys
import tempfile
from pathlib import Path

import nbformat
import pytest
from nbclient import NotebookClient
from traitlets.config import Config

import whyattention
from whyattention.grading import kernel
from whyattention.grading.kernel import SandboxedKernel, sandbox_command, sandbox_problem
from whyattention.grading.nbgrader_steps import configure

ROOT = Path(__file__).parents[2]


def binds(words, kind):
    return [words[i + 1] for i, word in enumerate(words) if word.startswith(kind)]


def test_only_two_folders_can_be_written_and_no_network_is_there():
    words = sandbox_command(["python", "-V"], "/tmp/own", "/tmp/sockets")
    assert binds(words, "--bind") == ["/tmp/own", "/tmp/sockets"]
    assert {"--unshare-all", "--die-with-parent", "--clearenv"} <= set(words)
    assert "--share-net" not in words
    assert words[-2:] == ["python", "-V"]
    assert words[0] == "prlimit"
    assert {f"--as={kernel.MEMORY}", f"--cpu={kernel.SECONDS}"} <= set(words[: words.index("bwrap")])


def test_of_a_checkout_only_the_library_is_seen():
    seen = [Path(path) for path in binds(sandbox_command(["x"], "/tmp/own", "/tmp/sockets"), "--ro-bind")]
    assert Path(whyattention.__file__).parent in seen
    for hidden in (
        ROOT / "assignments",
        ROOT / "book",
        ROOT / ".git",
        Path.home() / ".ssh",
        Path("/etc/passwd"),
    ):
        assert not any(hidden == path or path in hidden.parents for path in seen), hidden
    assert any(Path(sys.executable).is_relative_to(path) for path in seen)


def test_without_its_tools_there_is_a_plain_word_and_no_sandbox(monkeypatch):
    monkeypatch.setattr(shutil, "which", lambda name: None)
    assert sandbox_problem() == "bwrap is not installed"
    config = Config()
    configure(config)
    assert config.Guarded.sandbox is False
    assert config.Guarded.problem == "bwrap is not installed"
    with pytest.raises(ValueError, match="sandbox=True, but bwrap is not installed"):
        configure(Config(), sandbox=True)


def test_where_namespaces_are_forbidden_there_is_a_plain_word(monkeypatch, tmp_path):
    for name in ("bwrap", "prlimit"):
        (tmp_path / name).write_text("#!/bin/sh\necho 'Operation not permitted' >&2\nexit 1\n")
        (tmp_path / name).chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path), prepend=":")
    assert sandbox_problem() == "bwrap cannot make namespaces here (Operation not permitted)"


def test_a_sandbox_can_be_declined():
    config = Config()
    configure(config, sandbox=False)
    assert (config.Guarded.sandbox, config.Guarded.problem) == (False, "")


ATTEMPTS = {
    "network": "import socket; socket.create_connection(('127.0.0.1', {port}), timeout=2)",
    "the course": "open({course!r}).read()",
    # Python itself may be installed there.
    "home": "import os; assert set(os.listdir({home!r})) - {pythons!r}",
    "passwords": "open('/etc/passwd').read()",
    "writing to the library": "open({library!r}, 'a').write('x')",
    "processes": "import os; assert max(int(p) for p in os.listdir('/proc') if p.isdigit()) > 50",
    "memory": "x = bytearray(20 * 2**30)",
    "a large file": "open('large', 'wb').write(bytes(2**27))",
    "the environment": "import os; os.environ['SECRET_OF_THE_GRADER']",
}


@pytest.mark.slow
def test_what_a_sandboxed_kernel_tries_fails_and_what_it_needs_works(monkeypatch, tmp_path, serve):
    assert sandbox_problem() is None, "install bubblewrap"
    monkeypatch.setenv("SECRET_OF_THE_GRADER", "42")
    (tmp_path / "gradebook.db").write_text("points")
    (tmp_path / "own").mkdir()
    places = {
        "port": serve(tmp_path).rpartition(":")[2],
        "course": str(tmp_path / "gradebook.db"),
        "home": str(Path.home()),
        "library": str(Path(whyattention.__file__)),
    }
    prefixes = {Path(sys.prefix), Path(sys.base_prefix), Path(sys.executable).resolve(), ROOT}
    inside = [path for path in prefixes if path.is_relative_to(Path.home())]
    places["pythons"] = {path.relative_to(Path.home()).parts[0] for path in inside}
    needed = ["import torch", "import whyattention.grading.guard", "open('mine', 'w').write('1')"]
    needed.append(f"open({str(tmp_path / 'new')!r}, 'w').write('lost with the sandbox')")
    cells = [code.format(**places) for code in ATTEMPTS.values()] + needed
    notebook = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(code) for code in cells])
    client = NotebookClient(
        notebook,
        kernel_name="python3",
        kernel_manager_class=SandboxedKernel,
        allow_errors=True,
        timeout=60,
        resources={"metadata": {"path": str(tmp_path / "own")}},
    )
    before = set(Path(tempfile.gettempdir()).glob("kernel-*"))
    client.execute()
    errors = {
        code: output.evalue
        for code, cell in zip(cells, notebook.cells, strict=True)
        for output in cell.outputs
        if output.output_type == "error"
    }
    assert [name for name, code in zip(ATTEMPTS, cells, strict=False) if code not in errors] == []
    assert [code for code in needed if code in errors] == []
    assert (tmp_path / "own" / "mine").read_text() == "1"
    assert sorted(path.name for path in tmp_path.iterdir()) == ["gradebook.db", "own"]
    assert set(Path(tempfile.gettempdir()).glob("kernel-*")) == before, "sockets were left behind"
