"""The programs of docs/python-and-cpp.md, as they stand there. The C++ one is built by the test of the installation."""

import os
import re
import shutil
import socket
import subprocess
import sys
from pathlib import Path

import pytest

DOCUMENT = Path(__file__).parents[2] / "docs" / "python-and-cpp.md"
EXPECTED = re.search(r"^    (happy .*)$", DOCUMENT.read_text(), re.MULTILINE)


def blocks(section: str, language: str) -> list[str]:
    text = DOCUMENT.read_text().split(f"\n## {section}\n")[1].split("\n## ")[0]
    return re.findall(rf"```{language}\n(.*?)```", text, re.DOTALL)


def expect(command: list[str | Path], folder: Path) -> None:
    program = os.environ.get("MIEN_PROGRAM", "")
    path = str(Path(program).parent) + ":" + os.environ["PATH"]
    result = subprocess.run(command, cwd=folder, capture_output=True, text=True, timeout=60, env=os.environ | {"PATH": path})
    assert EXPECTED is not None
    assert (result.returncode, result.stdout, result.stderr) == (0, EXPECTED[1] + "\n", "")


def needs(*programs: str) -> None:
    if not os.path.exists(os.environ.get("MIEN_PROGRAM", "")):
        pytest.skip("MIEN_PROGRAM names no program")
    for program in programs:
        if shutil.which(program) is None:
            pytest.skip(f"{program} is not here")


def test_python(photo: Path, tmp_path: Path) -> None:
    expect([sys.executable, "-c", blocks("Python", "python")[0], photo], tmp_path)


def test_python_with_threads(photo: Path, tmp_path: Path) -> None:
    (tmp_path / "photos").mkdir()
    for name in ("a.jpg", "b.jpg"):
        shutil.copy(photo, tmp_path / "photos" / name)
    result = subprocess.run([sys.executable, "-c", blocks("Python", "python")[2]], cwd=tmp_path, capture_output=True, text=True, check=True)
    assert result.stdout == "photos/a.jpg ['happy']\nphotos/b.jpg ['happy']\n"


def test_python_with_baseline(photo: Path, tmp_path: Path) -> None:
    command = [sys.executable, "-c", blocks("Python", "python")[1], str(photo), str(photo)]
    result = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=True)
    assert [line.split(":")[0] for line in result.stdout.splitlines()] == ["unclear", "unclear"]  # the same face twice


def test_shell(photo: Path, tmp_path: Path) -> None:
    needs("jq")
    expect(["sh", "-e", "-c", blocks("Shell", "sh")[0], "sh", photo], tmp_path)


def test_curl(photo: Path, tmp_path: Path) -> None:
    needs("jq", "curl")
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    (script,) = blocks("curl", "sh")
    expect(["sh", "-e", "-c", script.replace("8080", str(port)), "sh", photo], tmp_path)
