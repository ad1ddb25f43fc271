"""A file is there as a whole or not at all."""

import os

import pytest

from whyattention.files import write_whole


def test_what_is_written_replaces_what_was_there_and_keeps_its_permissions(tmp_path):
    path = tmp_path / "record.json"
    path.write_text("before")
    path.chmod(0o640)
    write_whole(path, b"after")
    assert path.read_bytes() == b"after"
    assert path.stat().st_mode & 0o777 == 0o640
    assert list(tmp_path.iterdir()) == [path]


def test_a_full_disk_leaves_the_old_file_and_nothing_beside_it(tmp_path, monkeypatch):
    path = tmp_path / "record.json"
    path.write_text("before")

    def full_disk(descriptor):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full_disk)
    with pytest.raises(OSError, match="No space left"):
        write_whole(path, b"after")
    assert [(file.name, file.read_text()) for file in tmp_path.iterdir()] == [("record.json", "before")]


def test_a_missing_folder_is_an_error(tmp_path):
    with pytest.raises(FileNotFoundError):
        write_whole(tmp_path / "nowhere" / "record.json", b"")
