"""Constant expressions of C: numbers by the names of enumerators and macros.

Whatever is no constant is None. Values have 64 bits at most, expressions and macros within
macros 40 levels.
"""

from __future__ import annotations

import operator
import re
from collections.abc import Callable

_TOKENS = re.compile(
    r"\s*(0[xX][0-9a-fA-F]+|\d+|[A-Za-z_]\w*|'(?:[^'\\]|\\.)'|<<|>>|&&|\|\||[=!<>]=|[-+*/%&|^~!()<>?:,])"
    r"(?:(?<=\w)[uUlL]+\b)?"
)
_NUMBER = re.compile(r"(0[xX][0-9a-fA-F]+|\d+)[uUlL]*")
MAX_TOKENS = 400
MAX_DEPTH = 40

# Of kernel headers that no module brings along.
KNOWN = {
    "IFNAMSIZ": 16, "IFALIASZ": 256, "ALTIFNAMSIZ": 128, "GENL_NAMSIZ": 16, "ETH_ALEN": 6,
    "ETH_GSTRING_LEN": 32, "MAX_ADDR_LEN": 32, "U8_MAX": 0xFF, "U16_MAX": 0xFFFF,
    "U32_MAX": 0xFFFFFFFF,
    "S8_MAX": 0x7F, "S16_MAX": 0x7FFF, "S32_MAX": 0x7FFFFFFF, "INT_MAX": 0x7FFFFFFF,
    "INT_MIN": -0x80000000, "UINT_MAX": 0xFFFFFFFF, "USHRT_MAX": 0xFFFF, "U64_MAX": (1 << 64) - 1,
    "PAGE_SIZE": 4096, "NLA_ALIGNTO": 4, "NLA_HDRLEN": 4, "true": 1, "false": 0,
    "NETLINK_MAX_COOKIE_LEN": 20, "VLAN_N_VID": 4096, "IEEE80211_MAX_SSID_LEN": 32,
}  # fmt: skip
SIZES = {
    "u8": 1, "u16": 2, "u32": 4, "u64": 8, "s8": 1, "s16": 2, "s32": 4, "s64": 8,
    "__u8": 1, "__u16": 2, "__u32": 4, "__u64": 8, "__s8": 1, "__s16": 2, "__s32": 4, "__s64": 8,
    "__be16": 2, "__be32": 4, "__be64": 8, "__le16": 2, "__le32": 4, "__le64": 8,
    "uint8_t": 1, "uint16_t": 2, "uint32_t": 4, "uint64_t": 8, "int8_t": 1, "int16_t": 2,
    "int32_t": 4, "int64_t": 8, "char": 1, "bool": 1, "int": 4, "unsigned": 4, "unsigned int": 4,
    "unsigned char": 1, "signed char": 1, "short": 2, "unsigned short": 2, "float": 4,
    "long long": 8, "unsigned long long": 8, "__sum16": 2, "__wsum": 4, "__aligned_u64": 8,
    "__aligned_be64": 8, "struct in_addr": 4, "struct in6_addr": 16, "struct nla_bitfield32": 8,
    "union nf_inet_addr": 16,
}  # fmt: skip
_BINARY = {
    "*": 10, "/": 10, "%": 10, "+": 9, "-": 9, "<<": 8, ">>": 8, "<": 7, ">": 7, "<=": 7, ">=": 7,
    "==": 6, "!=": 6, "&": 5, "^": 4, "|": 3, "&&": 2, "||": 1,
}  # fmt: skip
_OPERATORS: dict[str, Callable[[int, int], int]] = {
    "*": operator.mul, "/": operator.floordiv, "%": operator.mod, "+": operator.add,
    "-": operator.sub, "<<": operator.lshift, ">>": operator.rshift, "<": operator.lt,
    ">": operator.gt, "<=": operator.le, ">=": operator.ge, "==": operator.eq, "!=": operator.ne,
    "&": operator.and_, "^": operator.xor, "|": operator.or_,
    "&&": lambda left, right: bool(left and right), "||": lambda left, right: bool(left or right),
}  # fmt: skip
_BITS = frozenset(("BIT", "BIT_ULL", "_BITUL", "_BITULL", "BIT_U8", "BIT_U16", "BIT_U32"))

Lookup = Callable[[str, int], "int | None"]
SizeOf = Callable[[str], "int | None"]


class _NotConstantError(Exception):
    """The expression is none, or none that this reads."""


class _Evaluator:
    """One expression; `lookup` gives values of names, `size_of` of `sizeof`'s operands."""

    def __init__(self, words: list[str], lookup: Lookup, size_of: SizeOf, depth: int) -> None:
        self.words = words
        self.place = 0
        self.lookup = lookup
        self.size_of = size_of
        self.depth = depth

    def whole(self) -> int:
        """The value of all the words."""
        value = self.ternary()
        if self.place < len(self.words):
            raise _NotConstantError
        return value

    def ternary(self) -> int:
        """a ? b : c, or less."""
        value = self.binary(1)
        if self.peek() == "?":
            self.place += 1
            first = self.ternary()
            self.expect(":")
            second = self.ternary()
            value = first if value else second
        return value

    def binary(self, least: int) -> int:
        """Operators of at least this precedence."""
        value = self.unary()
        while _BINARY.get(self.peek(), 0) >= least:
            sign = self.words[self.place]
            self.place += 1
            value = _apply(sign, value, self.binary(_BINARY[sign] + 1))
        return value

    def unary(self) -> int:
        """A sign, a cast, a parenthesis, a number, a name or a macro of one bit."""
        self.depth += 1
        if self.depth > MAX_DEPTH:
            raise _NotConstantError
        word = self.take()
        if word in "-+~!":
            value = self.unary()
            value = {"-": -value, "+": value, "~": ~value, "!": int(not value)}[word]
        elif word == "(":
            value = self.parenthesis()
        elif word[0].isdigit():
            value = int(word, 8 if word[0] == "0" and word.isdigit() else 0)
        elif word[0] == "'" and len(word) == 3:
            value = ord(word[1])
        elif word == "sizeof":
            value = self.sizeof()
        elif self.peek() == "(" and word in _BITS:
            self.place += 1
            value = _apply("<<", 1, self.ternary())
            self.expect(")")
        else:
            found = self.lookup(word, self.depth) if word[0].isalpha() or word[0] == "_" else None
            if found is None:
                raise _NotConstantError
            value = found
        self.depth -= 1
        return value

    def parenthesis(self) -> int:
        """What is in it, or what it casts."""
        kind = []
        for word in self.words[self.place : self.place + 4]:
            if word == ")":
                break
            kind.append(word)
        if " ".join(kind) in SIZES or kind[:1] == ["enum"]:
            self.place += len(kind)
            self.expect(")")
            return self.unary()
        value = self.ternary()
        self.expect(")")
        return value

    def sizeof(self) -> int:
        """The size of a type or of something that has one."""
        operand = []
        if self.peek() == "(":
            level = 0
            while True:
                word = self.take()
                level += (word == "(") - (word == ")")
                operand.append(word)
                if not level:
                    break
            operand = operand[1:-1]
        else:
            operand.append(self.take())
        found = self.size_of(" ".join(operand))
        if found is None:
            raise _NotConstantError
        return found

    def peek(self) -> str:
        """The next word, empty at the end."""
        return self.words[self.place] if self.place < len(self.words) else ""

    def take(self) -> str:
        """The next word, which there must be."""
        word = self.peek()
        if not word:
            raise _NotConstantError
        self.place += 1
        return word

    def expect(self, word: str) -> None:
        """Takes this word."""
        if self.take() != word:
            raise _NotConstantError


def _apply(sign: str, left: int, right: int) -> int:
    """The value of a binary operator; raises what is no constant."""
    if sign in ("/", "%") and right == 0:
        raise _NotConstantError
    if sign in ("<<", ">>") and not 0 <= right < 64:
        raise _NotConstantError
    value = int(_OPERATORS[sign](left, right))
    if not -(1 << 63) <= value < 1 << 64:
        raise _NotConstantError
    return value


def words_of(text: str) -> list[str] | None:
    """The words of an expression; None for what is no expression, or too long for one."""
    out: list[str] = []
    place, text = 0, text.rstrip()
    while place < len(text):
        found = _TOKENS.match(text, place)
        if found is None or len(out) >= MAX_TOKENS:
            return None
        out.append(found.group(1))
        place = found.end()
    return out


def evaluate(text: str, lookup: Lookup, size_of: SizeOf, depth: int = 0) -> int | None:
    """The value of a constant expression, None for anything else."""
    simple = _NUMBER.fullmatch(text)
    if simple is not None and len(text) < 24:
        digits = simple.group(1)
        return (
            int(digits, 8 if digits[0] == "0" and digits.isdigit() else 0)
            if _octal(digits)
            else None
        )
    if depth > MAX_DEPTH:
        return None
    words = words_of(text)
    if not words:
        return None
    try:
        return _Evaluator(words, lookup, size_of, depth).whole()
    except (_NotConstantError, ValueError):
        return None


def _octal(digits: str) -> bool:
    """Whether digits that begin with 0 are such of octal numbers."""
    return not (digits[0] == "0" and digits.isdigit() and set(digits) & set("89"))
