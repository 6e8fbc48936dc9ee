"""The sources and documents use the standard terms: no word of the table of banned terms in CONTRIBUTING.md.

Usage: test_terms.py SOURCE
"""
import pathlib
import re
import subprocess
import sys
import unittest

SOURCE = pathlib.Path(sys.argv.pop(1) if len(sys.argv) > 1 else ".").resolve()
TEXT = {".cpp", ".hpp", ".h", ".c", ".py", ".pyi", ".js", ".mjs", ".ts", ".html", ".css", ".md", ".toml", ".sh", ".txt", ".cmake",
        ".yaml", ".conf", ".json", ".cff", ".in", ""}
# What keeps a banned word: the table itself, quoted history, and licenses.
SKIPPED_FILES = {"CHANGELOG.md", "LICENSE", "NOTICE", "tests/structure/test_terms.py"}
# (file pattern, banned word): names that are part of a format or of a library that is not ours.
ALLOWED = [
    (r".*", r"LICENCE"),
    # Field names of JSON output.
    (r"docs/evaluation\.schema\.json|research/audit/summary\.cpp|research/reports/evaluation_json\.cpp", r"pictures?"),
    (r"apps/mien/(explain|knn)\.cpp|tests/apps/test_(audit|explain|knn)\.cpp", r"pictures?"),
    # Deprecated option names.
    (r"apps/mien/(audit|evaluate)\.cpp", r"pictures|twin"),
]


def banned_terms():
    text = (SOURCE / "CONTRIBUTING.md").read_text()
    table = re.search(r"<!-- banned-terms -->(.*?)<!-- /banned-terms -->", text, re.S)[1]
    rows = [[cell.strip() for cell in line.strip("|").split("|")] for line in table.strip().splitlines()[2:]]
    return {row[0]: row[1] for row in rows}


def words(text):
    """The text with identifiers split into words: read_pictures and readPictures contain "pictures"."""
    text = re.sub(r"(?<=[a-z0-9])(?=[A-Z])", " ", text)
    return text.replace("_", " ")


def without_quotes(path, text):
    """Documents may name an old option or field between backticks."""
    if path.suffix != ".md":
        return text
    if path.name == "CONTRIBUTING.md":
        text = re.sub(r"<!-- banned-terms -->.*?<!-- /banned-terms -->", "", text, flags=re.S)
    return re.sub(r"`[^`\n]*`", "", text)


class Terms(unittest.TestCase):
    def test_no_banned_term(self):
        banned = banned_terms()
        self.assertGreater(len(banned), 10)
        pattern = re.compile(r"\b(" + "|".join(re.escape(term) for term in sorted(banned, key=len, reverse=True)) + r")\b", re.I)
        listed = subprocess.run(["git", "-C", SOURCE, "ls-files"], capture_output=True, text=True)
        if listed.returncode != 0:
            self.skipTest("not a git checkout")
        found = []
        for name in listed.stdout.splitlines():
            path = pathlib.Path(name)
            if path.suffix not in TEXT or name in SKIPPED_FILES or not (SOURCE / path).is_file():
                continue
            text = without_quotes(path, (SOURCE / path).read_text(errors="replace"))
            for number, line in enumerate(text.splitlines(), 1):
                for match in pattern.finditer(words(line)):
                    if not any(re.fullmatch(f, name) and re.fullmatch(w, match[1]) for f, w in ALLOWED):
                        found.append(f"{name}:{number}: '{match[1]}' (use: {banned[match[1].lower()]}): {line.strip()[:100]}")
        print(f"{len(found)} banned terms") if found else None
        self.assertEqual(len(found), 0, "\n" + "\n".join(found[:200]))

    def test_long_files(self):
        """A file is one thing: no source file of the library is longer than 500 lines."""
        listed = subprocess.run(["git", "-C", SOURCE, "ls-files", "src", "server", "apps", "research", "include", "web/js"], capture_output=True, text=True)
        if listed.returncode != 0:
            self.skipTest("not a git checkout")
        long = [name for name in listed.stdout.splitlines()
                if name.endswith((".cpp", ".hpp", ".js")) and len((SOURCE / name).read_text().splitlines()) > 500]
        self.assertEqual(long, [])


if __name__ == "__main__":
    unittest.main()
