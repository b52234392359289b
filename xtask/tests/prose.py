"""Spelling of everything that a reader reads: chapters, exercises, quizzes, cards, the glossary, the README.

Words are looked up in Debian's American English dictionary and in book/words.txt, the words of the field. Names,
abbreviations and code are passed over: a word counts when it is in lower case throughout.
"""

import re
import shutil
import subprocess
import tomllib

from harness import EXERCISES, ROOT, check, finish

WORDS = ROOT / "book/words.txt"
FENCE = re.compile(r"^```(.*?)$(.*?)^```$", re.MULTILINE | re.DOTALL)
# Code, addresses, markup, TeX-like letters, and what an `#exercise` line names.
NOT_WORDS = re.compile(r"`[^`]*`|<[^>]*>|\]\([^)]*\)|https?://\S+|\{\{[^}]*\}\}|&\w+;|\b[\w.-]+\.(?:rs|org|com|io|dev|net|md|toml|js)\b")


def strings(value):
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict):
        for key, inner in value.items():
            if key not in ("check", "edit", "file", "key", "kind", "level", "modules", "slug", "datasets"):
                yield from strings(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from strings(inner)


def prose(path):
    """The words of a file, as text."""
    text = path.read_text()
    if path.suffix == ".toml":
        return "\n".join(strings(tomllib.loads(text)))
    parts = []
    for info, body in FENCE.findall(text):
        if info.startswith("toml,"):
            parts += strings(tomllib.loads(body))
    return "\n".join([FENCE.sub("", text), *parts])


def files():
    return [
        ROOT / "README.md",
        ROOT / "datasets/README.md",
        ROOT / "book/lessons.toml",
        ROOT / "book/glossary.toml",
        *sorted((ROOT / "book/chapters").glob("*.md")),
        *sorted(EXERCISES.glob("*/*/exercise.toml")),
        *sorted(EXERCISES.glob("*/*/exercise.md")),
    ]


def unknown(text):
    """The words that no dictionary has."""
    words = set(re.findall(r"(?<![\w'’-])[a-z]{3,}(?=(?:['’]s)?(?![\w'’-]|\.\w))", NOT_WORDS.sub(" ", text.replace("*", ""))))
    known = set(WORDS.read_text().split())
    command = ["hunspell", "-d", "en_US", "-l"]
    found = subprocess.run(command, input="\n".join(sorted(words)), capture_output=True, text=True, timeout=60, check=True)
    return sorted(set(found.stdout.split()) - known)


@check("there is a dictionary")
def _():
    assert shutil.which("hunspell"), "install hunspell and hunspell-en-us"
    assert unknown("zzyzzx") == ["zzyzzx"] and unknown("a known word") == []


@check("words.txt is sorted, and has no word twice and none that the dictionary knows")
def _():
    words = WORDS.read_text().split()
    assert words == sorted(set(words)), "sort it with `sort --unique`"
    known = subprocess.run(["hunspell", "-d", "en_US", "-G"], input="\n".join(words), capture_output=True, text=True)
    assert not known.stdout.split(), known.stdout.split()


for path in files():

    @check(f"spelling of {path.relative_to(ROOT)}")
    def _():
        words = unknown(prose(path))
        assert not words, f"{', '.join(words)}: correct them, or add them to book/words.txt if they are words of the field"


finish()
