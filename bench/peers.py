"""Finds the software that Mien is compared with. If Debian has no package, or an old one, installs it under build/ on first use."""
import os
import subprocess
import sys
from pathlib import Path

from measuring import BUILD, output

SYSTEM_PYTHON = "/usr/bin/python3"
OURS = [os.environ.get("MIEN_PYTHON", ""), str(BUILD / "python/bin/python")]  # scripts/python_peers.sh


def find_python(module, pythons):
    """The first of these Pythons that has the module and NumPy."""
    for python in pythons:
        if Path(python).is_file() and subprocess.run([python, "-c", f"import {module}, numpy"], capture_output=True).returncode == 0:
            return python
    raise FileNotFoundError(2, "", module)


def opencv_python():
    """The newest OpenCV on PyPI, in a separate environment because it is 250 MB that no test needs."""
    own = BUILD / "opencv/bin/python"
    try:
        return find_python("cv2", [*OURS, str(own)])
    except FileNotFoundError:
        output(sys.executable, "-m", "venv", "--clear", BUILD / "opencv")
        output(own, "-m", "pip", "install", "--quiet", "--disable-pip-version-check", "opencv-python-headless")
        return find_python("cv2", [str(own)])


def network_peers():
    """By name ({} stands for the version): the kind for network_peer.py, and a function that finds its Python."""
    return {"ONNX Runtime {} f32": ("onnxruntime", lambda: find_python("onnxruntime", [*OURS, SYSTEM_PYTHON])),
            "OpenCV dnn {} f32": ("opencv", opencv_python),
            "OpenCV dnn {}, Debian's, f32": ("opencv", lambda: find_python("cv2", [SYSTEM_PYTHON])),
            "LibTorch {} f32": ("libtorch", lambda: find_python("torch", [*OURS, SYSTEM_PYTHON]))}


def face_api_modules():
    """The node_modules folder with @vladmandic/face-api."""
    modules = BUILD / "node/node_modules"
    if not (modules / "@vladmandic/face-api").exists():
        (BUILD / "node").mkdir(parents=True, exist_ok=True)
        output("npm", "install", "--silent", "--no-audit", "--no-fund", "@vladmandic/face-api@1.7", "@tensorflow/tfjs@4",
               "@tensorflow/tfjs-backend-wasm@4", "sharp", cwd=BUILD / "node")
    return modules
