"""C text into syntax trees, by tree-sitter's grammar: files as they are, before the preprocessor.

What kernel code has that is no C until macros are expanded is made C first, of the same length,
so that places stay: annotations and conditions within lists become spaces, `list_for_each(...)`
a `while`. Whatever is odd in a file ends up in a node of errors; the rest is read.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import TYPE_CHECKING

from ..wire.errors import UsageError

if TYPE_CHECKING:
    from tree_sitter import Node, Parser

MAX_FILE = 32 << 20
MAX_TEXT = 4096  # of a node: what is longer is no value, name or argument that anyone reads

_ANNOTATIONS = re.compile(
    rb"\b(?:__init|__exit|__initdata|__initconst|__exitdata|__net_init|__net_exit|__net_initdata"
    rb"|__ro_after_init|__read_mostly|__rcu|__user|__kernel|__percpu|__iomem|__force|__bitwise"
    rb"|__always_inline|__always_unused|__maybe_unused|__must_check|__packed|__cold|__hot|__used"
    rb"|__cacheline_aligned|____cacheline_aligned|____cacheline_aligned_in_smp|noinline"
    rb"|noinline_for_stack|asmlinkage|notrace|fallthrough;|__nonstring|__private|__malloc)(?!\w)"
    rb"|\b__(?:aligned|printf|counted_by|must_hold|acquires|releases|free|section|guarded_by)"
    rb"\([^()\n]{0,80}\)"
)
_CONDITIONS = re.compile(
    rb",((?:\s|#[ \t]*(?:if|ifdef|ifndef|else|elif|endif)\b[^\n]*)*"
    rb"#[ \t]*(?:if|ifdef|ifndef|else|elif|endif)\b[^\n]*)"
)
_LOOP = re.compile(rb"(?:[;{}):/]|\belse\b|\bdo\b)\s*(\w*for_each\w*)(?=\s?\()")
_NO_SPACE = re.compile(rb"\S")
_BLOCK = b"while"

_parser: Parser | None = None


class CText:
    """The text of one file, made ready for the grammar, and its tree."""

    __slots__ = ("loops", "name", "root")

    def __init__(self, name: str, data: bytes) -> None:
        self.name = name
        self.loops: dict[int, str] = {}  # where `while` stands for another word, and the word
        self.root = _tree(self._ready(data))

    def _ready(self, data: bytes) -> bytes:
        """The text with what is no C made C."""

        def loop(found: re.Match[bytes]) -> bytes:
            """Puts `while` where a macro's name was."""
            word = found.group(1)
            if len(word) < len(_BLOCK):
                return found.group()
            self.loops[found.start(1)] = word.decode("ascii", "replace")
            before = found.group()[: found.start(1) - found.start()]
            return before + _BLOCK.ljust(len(word))

        closed = data.rfind(b"*/") + 1  # a comment without end is looked through for each /*
        data = data[:closed] + data[closed:].replace(b"/*", b"  ")
        data = _CONDITIONS.sub(_without_words, data)
        plain = _ANNOTATIONS.sub(lambda found: b" " * len(found.group()), data)
        return _LOOP.sub(loop, plain)


def _without_words(found: re.Match[bytes]) -> bytes:
    """Conditions amid a list, where the grammar has none: both branches stay."""
    return _NO_SPACE.sub(b" ", found.group()).replace(b" ", b",", 1)


def available() -> bool:
    """Whether the grammar is installed."""
    try:
        import tree_sitter
        import tree_sitter_c
    except ImportError:
        return False
    return bool(tree_sitter and tree_sitter_c)


def _tree(data: bytes) -> Node:
    """The syntax tree of a text; raises UsageError without the grammar."""
    global _parser
    if _parser is None:
        try:
            import tree_sitter
            import tree_sitter_c
        except ImportError:
            raise UsageError(
                "reading C needs tree-sitter's grammar: pip install 'nldissect[source]'"
            ) from None
        _parser = tree_sitter.Parser(tree_sitter.Language(tree_sitter_c.language()))
    tree = _parser.parse(data)
    assert tree is not None  # only with a time limit there may be none
    return tree.root_node


def read(path: str) -> CText:
    """One file; raises UsageError for one that cannot be read."""
    try:
        with open(path, "rb") as stream:
            data = stream.read(MAX_FILE + 1)
    except OSError as problem:
        raise UsageError(f"{path}: {problem.strerror or problem}") from None
    if len(data) > MAX_FILE:
        raise UsageError(f"{path}: longer than {MAX_FILE >> 20} MiB, which no C file is")
    return CText(path, data)


def text(node: Node | None) -> str:
    """What a node says, on one line; nothing of what is too long to be of use."""
    if node is None or node.end_byte - node.start_byte > MAX_TEXT:
        return ""
    return " ".join((node.text or b"").decode("utf-8", "replace").split())


def field(node: Node, name: str) -> Node | None:
    """The child in this role."""
    return node.child_by_field_name(name)


def descend(root: Node, *stop: str) -> Iterator[Node]:
    """A node and all below it in their order, but not what is inside nodes of the types `stop`.

    Syntax may be nested as deep as the file is long, so nothing here calls itself.
    """
    waiting = [root]
    while waiting:
        node = waiting.pop()
        yield node
        if node.type not in stop or node is root:
            waiting += reversed(node.named_children)


def name_in(node: Node | None) -> str:
    """The identifier that a declarator declares."""
    for _ in range(64):
        if node is None or node.type in ("identifier", "field_identifier", "type_identifier"):
            return text(node)
        node = field(node, "declarator") or next(iter(node.named_children), None)
    return ""


def snippet(data: bytes) -> CText:
    """A piece of C that a macro stands for."""
    return CText("", data)
