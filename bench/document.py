"""Documents with generated tables: a program owns the text between the comments `<!-- NAME -->` and `<!-- end of NAME -->`."""


def write_part(path, name, lines):
    begin, end = f"<!-- {name} -->\n", f"<!-- end of {name} -->\n"
    before, rest = path.read_text(encoding="utf-8").split(begin)
    path.write_text(before + begin + "\n".join(lines) + "\n" + end + rest.split(end)[1], encoding="utf-8")
