"""Which module may include which: dependencies point one way (docs/architecture.md).

Usage: test_includes.py SOURCE
"""
import pathlib
import re
import subprocess
import sys
import unittest

SOURCE = pathlib.Path(sys.argv.pop(1) if len(sys.argv) > 1 else ".").resolve()

# In the order of their dependencies: a module may include what it lists, and itself.
LIBRARY = ["base", "model", "engine", "vision", "tracking", "pipeline", "explain"]
ALLOWED = {name: set(LIBRARY[:i]) for i, name in enumerate(LIBRARY)}
ALLOWED["tracking"] = {"base"}
ALLOWED |= {
    "metrics": {"base"},
    "datasets": {"base", "vision", "model", "metrics"},
    "plots": {"base", "metrics", "vision"},
    "reports": {"base", "metrics", "datasets", "plots", "vision"},
    "evaluation": {"base", "model", "engine", "vision", "pipeline", "metrics", "datasets"},
    "audit": {"base", "model", "engine", "vision", "pipeline", "metrics", "datasets", "reports"},
    "baselines": {"base", "vision", "metrics", "datasets"},
    "training": {"base", "model", "metrics", "datasets", "plots"},  # LibTorch and nothing else: no engine, no codecs
    "server": {"base", "model", "engine", "vision", "tracking", "pipeline", "explain"},
}
PUBLIC = "mien"
# mien-train links LibTorch alone; mien-video links FFmpeg and the library.
PROGRAMS = {
    "apps/mien-train": {"base", "model", "metrics", "datasets", "plots", "training", "common"},
    "apps/mien-video": {"base", "model", "engine", "vision", "tracking", "pipeline", "plots", "common"},
    "apps/common": {"base", "model", "engine", "vision", "pipeline", "common"},
    "bindings/python": set(),
    "include/mien": set(),
}


def module_of(path):
    """The module that a file belongs to and what it may include; None where any include is allowed."""
    parts = path.parts
    for folder, allowed in PROGRAMS.items():
        if path.as_posix().startswith(folder + "/"):
            return parts[1], allowed
    if parts[0] in ("src", "research"):
        return parts[1], ALLOWED.get(parts[1])
    if parts[0] == "server":
        return "server", ALLOWED["server"]
    return None, None


class Includes(unittest.TestCase):
    def setUp(self):
        listed = subprocess.run(["git", "-C", SOURCE, "ls-files"], capture_output=True, text=True)
        names = listed.stdout.splitlines() if listed.returncode == 0 else [
            p.relative_to(SOURCE).as_posix() for p in SOURCE.rglob("*") if "build" not in p.parts]
        self.files = [pathlib.Path(n) for n in names if n.endswith((".cpp", ".hpp", ".h")) and (SOURCE / n).exists()]
        self.assertGreater(len(self.files), 100)

    def test_every_module_is_listed(self):
        for path in self.files:
            if path.parts[0] in ("src", "research"):
                self.assertIn(path.parts[1], ALLOWED, f"{path}: list the module in {__file__}")

    def test_dependencies_point_one_way(self):
        wrong = []
        for path in self.files:
            module, allowed = module_of(path)
            if allowed is None:
                continue
            for line in (SOURCE / path).read_text().splitlines():
                found = re.match(r'\s*#include "([^"/]+)/', line)
                if found and found[1] not in allowed | {module, PUBLIC}:
                    wrong.append(f"{path} includes {line.strip()[9:]}, but {module} must not depend on {found[1]}")
        self.assertEqual(wrong, [], "\n".join(wrong))

    def test_a_module_stays_in_its_namespace(self):
        """Only what include/mien declares is in namespace mien itself; a file in src/ that defines it opens `mien`."""
        defines_public = {"src/base/emotion.cpp", "src/base/error.cpp", "src/base/face.cpp", "src/pipeline/analyzer.cpp",
                          "src/pipeline/baseline.cpp", "src/pipeline/display_label.cpp"}
        wrong = []
        for path in self.files:
            module, _ = module_of(path)
            if module is None or path.parts[0] not in ("src", "research", "server"):
                continue
            for found in re.finditer(r"^namespace ([a-z_:]+) \{", (SOURCE / path).read_text(), re.M):
                name = found[1]
                if name == "mien" and path.as_posix() in defines_public:
                    continue
                if name != f"mien::{module}" and not name.startswith(f"mien::{module}::"):
                    wrong.append(f"{path} opens namespace {name}, not mien::{module}")
        self.assertEqual(wrong, [], "\n".join(wrong))

    def test_public_headers_include_only_themselves_and_the_standard_library(self):
        for path in self.files:
            if path.parts[:2] == ("include", "mien"):
                for found in re.finditer(r'#include ([<"][^>"]+[>"])', (SOURCE / path).read_text()):
                    self.assertRegex(found[1], r'^"mien/|^<[a-z_]+(\.h)?>$', str(path))


if __name__ == "__main__":
    unittest.main()
