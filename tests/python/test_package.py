import importlib.metadata
import subprocess
import sys
from pathlib import Path

import mien

PACKAGE = Path(mien.__file__).parent
SOURCE = Path(__file__).parents[2]


def test_carries_its_models_and_no_libtorch() -> None:
    assert {model.name for model in (SOURCE / "models").glob("*.onnx")} == {model.name for model in (PACKAGE / "models").iterdir() if model.suffix == ".onnx"}
    module = next(PACKAGE.glob("_core*.so"))
    libraries = subprocess.run(["ldd", module], capture_output=True, text=True, check=True).stdout
    assert "libdnnl" in libraries
    assert "torch" not in libraries
    assert "not found" not in libraries


def test_version_is_that_of_the_package() -> None:
    assert mien.__version__ == importlib.metadata.version("mien")


def test_stubs_fit_the_module(tmp_path: Path) -> None:
    # What nanobind makes is of types of its own; what lies inside is checked all the same.
    (tmp_path / "allowed").write_text("mien._core.Analyzer\nmien._core.Baseline\nmien._core.Baseline.load\nmien._core.read_image\n")
    check = subprocess.run(
        [sys.executable, "-m", "mypy.stubtest", "mien", "--concise", "--allowlist", tmp_path / "allowed"],
        capture_output=True,
        text=True,
    )
    assert check.returncode == 0, check.stdout + check.stderr


def test_types_are_complete() -> None:
    check = subprocess.run(
        [sys.executable, "-m", "mypy", "--config-file", SOURCE / "pyproject.toml", "--cache-dir", "/dev/null", "."],
        cwd=Path(__file__).parent,
        capture_output=True,
        text=True,
    )
    assert check.returncode == 0, check.stdout + check.stderr
