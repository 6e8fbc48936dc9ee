"""The commands of docs/archives.md, as they stand there. test_archives.py MIEN"""

import json
import os
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile
import unittest

DOCUMENT = (pathlib.Path(__file__).parents[2] / "docs" / "archives.md").read_text()
MIEN = pathlib.Path()


def block(section: str, language: str = "sh") -> str:
    return re.search(rf"^#+ {section}\n.*?```{language}\n(.*?)```", DOCUMENT, re.DOTALL | re.MULTILINE)[1]


class Archives(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory(prefix="mien-archives-")
        self.addCleanup(folder.cleanup)
        self.folder = pathlib.Path(folder.name)
        self.photos = [f"photos/{album}/{number}.jpg" for album in ("one", "two", "line\nbreak") for number in range(10)]
        for number, photo in enumerate(self.photos):
            path = self.folder / photo
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(b"P5 %d 48 255\n" % (48 + number) + bytes(48 * (48 + number)))
        self.run_script(block("Archives of photos").splitlines()[0])

    def run_script(self, script: str, **environment: str) -> None:
        environment = os.environ | {"PATH": f"{MIEN.parent}:{os.environ['PATH']}", "HOME": str(self.folder)} | environment
        subprocess.run(["bash", "-e", "-c", script], cwd=self.folder, env=environment, check=True)

    def paths(self, *names: str) -> list[str]:
        lines = "".join((self.folder / name).read_text() for name in names).splitlines()
        return sorted(json.loads(line)["path"] for line in lines)

    def test_one_process(self):
        script = block("Archives of photos")
        self.run_script(script)
        self.assertEqual(self.paths("faces.jsonl"), sorted(self.photos))
        before = (self.folder / "faces.jsonl").read_bytes()
        (self.folder / "faces.jsonl").write_bytes(before[: len(before) // 2])
        self.run_script(script)
        self.assertEqual((self.folder / "faces.jsonl").read_bytes(), before)

    @unittest.skipIf(shutil.which("parallel") is None, "GNU parallel is not here")
    def test_gnu_parallel(self):
        self.run_script(block("GNU parallel"))
        self.assertEqual(self.paths("faces.jsonl"), sorted(self.photos))
        self.assertEqual(len(list(self.folder.glob("faces-*.jsonl"))), 8)
        # One part's file is lost, another cut: the same command mends both.
        (self.folder / "faces-3.jsonl").unlink()
        part = max(self.folder.glob("faces-*.jsonl"), key=lambda path: path.stat().st_size)
        part.write_bytes(part.read_bytes()[:-10])
        self.run_script(block("GNU parallel"))
        self.assertEqual(self.paths("faces.jsonl"), sorted(self.photos))

    def test_slurm_array(self):
        script = block("Slurm")
        first, last = map(int, re.search(r"--array=(\d+)-(\d+)", script).groups())
        self.assertEqual((first, last), (1, int(re.search(r"^parts=(\d+)", script, re.MULTILINE)[1])))
        (self.folder / self.photos[0]).write_text("no photo")
        for task in range(first, last + 1):
            self.run_script(script, SLURM_ARRAY_TASK_ID=str(task), SLURM_CPUS_PER_TASK="2")
        self.assertEqual(self.paths(*(f"faces-{task}.jsonl" for task in range(first, last + 1))), sorted(self.photos))


if __name__ == "__main__":
    MIEN = pathlib.Path(sys.argv.pop(1)).resolve()
    unittest.main()
