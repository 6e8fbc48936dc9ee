"""Shared by the benchmark programs: running commands, engines in paired rounds, and what was left out and why."""
import json
import os
import platform
import re
import subprocess
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
BUILD = ROOT / "build"
MIEN = BUILD / "bin/mien"
ROUNDS = int(os.environ.get("MIEN_ROUNDS", "9"))
SECONDS = os.environ.get("MIEN_SECONDS", "0.5")

Failure = (OSError, subprocess.CalledProcessError, json.JSONDecodeError)  # a program is missing, failed, or printed invalid output


def output(*command, **kwargs):
    return subprocess.run([str(c) for c in command], capture_output=True, text=True, check=True, **kwargs).stdout


def mien(*arguments):
    return json.loads(output(MIEN, *arguments, "--format", "json"))


def mien_bench(*arguments):
    return mien("bench", "--seconds", SECONDS, *arguments)


def detectors_of(names, left_out):
    """The available detectors: hog always, the others if they were fetched."""
    fetched = {model["name"] for model in mien("models", "list") if model["path"]}
    left_out.update({name: f"run mien models fetch {name}" for name in names if name != "hog" and name not in fetched})
    return [name for name in names if name == "hog" or name in fetched]


def reason(error):
    """One line that says why a program failed, without paths of this machine."""
    if isinstance(error, FileNotFoundError):
        text = f"{error.filename} is missing"
    elif isinstance(error, subprocess.CalledProcessError):
        lines = (error.stderr or "").strip().splitlines() or [f"{Path(error.cmd[0]).name}: exit code {error.returncode}"]
        text = next((line for line in reversed(lines) if re.search("error: ", line, re.IGNORECASE)), lines[-1])
    elif isinstance(error, json.JSONDecodeError):
        text = f"invalid JSON: {error.doc.strip()[:60]!r}"
    else:
        text = str(error)
    return text.replace(f"{ROOT}/", "").replace(str(Path.home()), "~").rstrip(".")


def paired_rounds(engines, left_out):
    """Results of every round by engine name ({}: its version), run in turn. An engine that fails is removed; `left_out` says why."""
    results = {name: [] for name in engines}
    for _ in range(ROUNDS):
        for name in list(results):
            try:
                results[name].append(engines[name]())
            except Failure as error:
                left_out[name.replace(" {}", "")] = reason(error)
                del results[name]
    return results


def not_measured(left_out):
    """A paragraph that names what was left out and why; empty if nothing was."""
    names = {}
    for name, why in left_out.items():
        names.setdefault(why, []).append(name)
    reasons = [f"{', '.join(some)} ({why})" for why, some in names.items()]
    return ["", f"Not measured: {'; '.join(reasons)}."] if reasons else []


def cpu_ticks():
    """Busy and idle ticks of all cores together, since boot."""
    user, nice, system, idle, waiting, *others = map(int, Path("/proc/stat").read_text().split("\n")[0].split()[1:9])
    return user + nice + system + sum(others), idle + waiting


def busy_cores():
    """Busy cores, over one second. The load average would still include the build."""
    worked, idled = cpu_ticks()
    time.sleep(1)
    work, idle = cpu_ticks()
    return os.cpu_count() * (work - worked) / max(1, work - worked + idle - idled)


def machine():
    cpu = re.search(r"model name\s*: (.*)", Path("/proc/cpuinfo").read_text())
    busy = busy_cores()
    note = f", {busy:.1f} of them busy with other work: the numbers are approximate" if busy > 0.2 else ""
    return f"{cpu[1] if cpu else platform.machine()}, {platform.system()} {platform.release().split('-')[0]}, {os.cpu_count()} cores{note}"
