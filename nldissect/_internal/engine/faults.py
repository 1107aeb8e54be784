"""What can be wrong or odd with the bytes of a message, as data: code, severity, words."""

from __future__ import annotations

from typing import Final, final

from mypy_extensions import mypyc_attr

ERROR: Final = "error"
WARNING: Final = "warning"
NOTE: Final = "note"

# The kernel's policies reach 10 levels (lib/nlattr.c, MAX_POLICY_RECURSION_DEPTH), Open vSwitch's
# own code 16 actions in each other, of two nests each (flow_netlink.c, OVS_COPY_ACTIONS_MAX_DEPTH).
MAX_DEPTH: Final = 40


@final
@mypyc_attr(acyclic=True)
class Fault:
    """One thing that can be wrong: `words` have places for a `name` and the numbers `a` and `b`.

    An `early` one is of the level around an entry, and comes before its own. A `misfit` is a
    payload of the wrong size or form: nothing is wrong with one whose form is a guess, or whose
    end is known to be missing.
    """

    def __init__(
        self, code: str, severity: str, words: str, early: bool = False, misfit: bool = False
    ) -> None:
        self.code = code
        self.severity = severity
        self.words = words
        self.early = early
        self.misfit = misfit

    def cut(self) -> Fault:
        """The same where the capture has no more bytes, which is nobody's mistake."""
        return Fault("truncated", NOTE, self.words, self.early)


# -- around attributes
ATTR_UNALIGNED: Final = Fault("attr-unaligned", WARNING, "no padding to 4 bytes follows", True)
ATTR_DUPLICATE: Final = Fault("attr-duplicate", WARNING, "{name} is there twice", True)
ATTR_UNKNOWN: Final = Fault(
    "attr-unknown", NOTE, "attribute {a} is unknown: newer than {name}", True
)
ATTR_LEN_SHORT: Final = Fault(
    "attr-len-short", ERROR, "nla_len {a} is less than the header's 4 bytes", True
)
ATTR_LEN_OVER: Final = Fault("attr-len-over", ERROR, "nla_len {a} is more than the {b} left", True)
ATTR_CUT: Final = Fault("truncated", NOTE, "{b} of {a} bytes captured", True)
ATTR_HEADER_CUT: Final = Fault("truncated", NOTE, "cut within an attribute's header", True)
ATTR_ZEROS: Final = Fault("attr-zeros", NOTE, "{a} zero bytes after the last attribute", True)
ATTR_TRAILING: Final = Fault("attr-trailing", WARNING, "{a} bytes after the last attribute", True)
NEST_DEPTH: Final = Fault("nest-depth", ERROR, f"more than {MAX_DEPTH} levels of nesting")

# -- payloads
SCALAR_SIZE: Final = Fault("scalar-size", ERROR, "{a} bytes where {name} has {b}", misfit=True)
SCALAR_SIZES: Final = Fault("scalar-size", ERROR, "{a} bytes where {name} has 4 or 8", misfit=True)
BITFIELD_SIZE: Final = Fault(
    "scalar-size", ERROR, "{a} bytes where a bitfield32 has 8", misfit=True
)
FLAG_PAYLOAD: Final = Fault("flag-payload", WARNING, "{a} bytes in a flag")
STRING_UNTERMINATED: Final = Fault("string-unterminated", WARNING, "no NUL at the end", misfit=True)
STRING_AFTER_NUL: Final = Fault("string-after-nul", WARNING, "{a} bytes after the NUL")
STRING_ENCODING: Final = Fault("string-encoding", WARNING, "not UTF-8")
ARRAY_SIZE: Final = Fault("array-size", ERROR, "{a} bytes are no multiple of {b}", misfit=True)
ADDRESS_SIZE: Final = Fault(
    "binary-size", WARNING, "{a} bytes are no address of family {b}", misfit=True
)
BINARY_SIZE: Final = Fault("binary-size", WARNING, "{a} bytes are no {name}", misfit=True)
SELECTOR_MISSING: Final = Fault("selector-unknown", NOTE, "selector {name} is missing")
SELECTOR_UNKNOWN: Final = Fault("selector-unknown", NOTE, "selector {name} is not known")
ELEMENT_LENGTH: Final = Fault("element-length", WARNING, "{a} bytes where an element says more")
ELEMENT_LIMIT: Final = Fault("code-limit", NOTE, "more than {a} elements in a message")
CODE_LIMIT: Final = Fault("code-limit", NOTE, "the dissector's code has no say from here on")

# -- structs; old programs ask with short ones, and old kernels have less to say
_SHORT: Final = "{a} of the {b} bytes of struct {name}"
HEADER_SHORT: Final = Fault("header-short", ERROR, _SHORT, misfit=True)
HEADER_OLD: Final = Fault("header-short", NOTE, _SHORT, misfit=True)
STRUCT_SHORT: Final = Fault("struct-short", ERROR, _SHORT, misfit=True)
STRUCT_OLD: Final = Fault("struct-short", NOTE, _SHORT, misfit=True)
STRUCT_LONG: Final = Fault(
    "struct-long", NOTE, "{a} bytes more than struct {name} is known to have"
)
KEYS_SHORT: Final = Fault("keys-short", ERROR, "{a} bytes are less than the {b} keys announced")
NEXTHOP_LENGTH: Final = Fault("nexthop-length", ERROR, "{name} {a} where {b} bytes are left")

# -- messages in messages, and behind them
REQUEST_SHORT: Final = Fault(
    "header-short", ERROR, "{a} of the 16 bytes of the request's nlmsghdr", misfit=True
)
MSG_LEN_SHORT: Final = Fault("msg-len-short", ERROR, "nlmsg_len {a} is less than 16")
MSG_LEN_OVER: Final = Fault(
    "msg-len-over", ERROR, "nlmsg_len {a} is more than the {b} bytes there are", misfit=True
)
TRAILING_ZEROS: Final = Fault(
    "trailing-zeros", NOTE, "{a} zero bytes after the message's end", True
)
TRAILING_DATA: Final = Fault("trailing-data", WARNING, "{a} bytes after the message's end", True)

# -- of which the name says it all
HOOK_FAILED: Final = Fault("hook-failed", ERROR, "{name}")
POLICY_DIFFERS: Final = Fault("policy-differs", WARNING, "{name}")


def said(code: str, severity: str) -> Fault:
    """What a dissector's own code found, whose text is the name."""
    return Fault(code, severity, "{name}")
