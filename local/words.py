"""Find words of our own in names and prose where the field has a term. `make check` runs this."""

import ast
import io
import re
import subprocess
import sys
import tokenize
from collections.abc import Iterator

from local.paths import ROOT

IN_PROSE = {"bell", "bells", "doorbell", "doorbells", "errand", "errands", "desk", "office", "whoever", "anew"}
IN_NAMES = IN_PROSE | {
    "road", "ground", "looks", "gate", "beside", "acts", "answers", "shapes", "described", "wild",
    "trials", "rules", "pieces", "papers", "scores", "house", "lessons", "mistakes",
}  # fmt: skip
# Stored values, queue and task names, metrics and constraints that older versions still use, and other projects' names.
KEPT = {
    "desk",
    "bell",
    "errand",
    "errands",
    "predictions.tasks.errands",
    "predictions_errand",
    "post-office",
    "POST_OFFICE",
}
TEXT = {".md", ".html", ".js", ".css", ".sh", ".txt", ".yml", ".toml"}
LEFT_OUT = ("locale/", "requirements/", "static/vendor/", "local/words.py")
WORD = re.compile(rf"(?<![\w./,-])({'|'.join(sorted(IN_PROSE, key=len, reverse=True))})(?![\w/-])", re.IGNORECASE)
PART = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+|[0-9]+")


def find_words(paths: list[str] | None = None) -> list[str]:
    """Return one line for each word to replace, in the files of the checkout or in those whose path starts so."""
    listed = subprocess.run(["git", "-C", str(ROOT), "ls-files", "-z"], capture_output=True, text=True, check=True)
    names = [name for name in listed.stdout.split("\0") if name and (ROOT / name).is_file()]
    chosen = [name for name in names if not name.startswith(LEFT_OUT) and "/migrations/" not in name]
    chosen = [name for name in chosen if not paths or name.startswith(tuple(paths))]
    return [found for name in chosen for found in _in_file(name)]


def _in_file(name: str) -> Iterator[str]:
    path = ROOT / name
    yield from (f"{name}: the file's name says {part!r}" for part in _banned_parts(path.stem))
    if path.suffix == ".py":
        text = path.read_text(encoding="utf-8")
        yield from (f"{name}:{line}: the name {found}" for line, found in _banned_names(ast.parse(text)))
        for token in tokenize.generate_tokens(io.StringIO(text).readline):
            if token.type in (tokenize.COMMENT, tokenize.STRING) and token.string.strip("rbf\"'") not in KEPT:
                yield from _in_lines(name, token.string, token.start[0])
    elif path.suffix in TEXT or path.name == "Makefile":
        yield from _in_lines(name, path.read_text(encoding="utf-8"), 1)


def _in_lines(name: str, text: str, first: int) -> Iterator[str]:
    for number, line in enumerate(text.splitlines(), first):
        for found in WORD.finditer(line):
            before = line[max(0, found.start() - 1) : found.start()]
            is_stored = found[0] in KEPT and before in ("=", "'", '"')  # a stored value, such as label_by='desk'
            if not is_stored and f"`{found[0]}`" not in line:
                yield f"{name}:{number}: {found[0]}"


def _banned_names(tree: ast.AST) -> Iterator[tuple[int, str]]:
    for node in ast.walk(tree):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
            names = [node.name]
        elif isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store) and node.id.isupper():
            names = [node.id]
        else:
            continue
        yield from (
            (node.lineno, name)
            for name in names
            if name not in KEPT and any(_banned_parts(name, IN_PROSE if name.startswith("test_") else IN_NAMES))
        )


def _banned_parts(name: str, banned: set[str] = IN_NAMES) -> Iterator[str]:
    return (part for part in (found.lower() for found in PART.findall(name)) if part in banned)


def main() -> int:
    """Print every word to replace; return 1 if there is one."""
    found = find_words(sys.argv[1:])
    for line in found:
        print(line)
    print(f"{len(found)} words to replace", file=sys.stderr)
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
