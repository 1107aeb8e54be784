"""Every code of a diagnosis, of dissecting and of lint; docs/diagnostics.md explains them."""

from __future__ import annotations

from typing import Final

from ..engine.faults import ERROR, NOTE, WARNING
from ..engine.frame import Diagnosis

SEVERITIES: Final = (ERROR, WARNING, NOTE)  # the worst first

# Code: (severity, meaning); the severity is the worst where there are several.
CODES: Final[dict[str, tuple[str, str]]] = {
    # framing
    "no-header": (ERROR, "fewer bytes than a netlink header"),
    "msg-len-short": (ERROR, "nlmsg_len is less than the header"),
    "msg-len-over": (ERROR, "nlmsg_len is more than the bytes there are"),
    "msg-len-audit": (NOTE, "nlmsg_len leaves out the header"),
    "msg-unaligned": (WARNING, "a message starts at no multiple of 4 bytes"),
    "trailing-data": (WARNING, "bytes after a message's end"),
    "trailing-zeros": (NOTE, "zero bytes after a message's end"),
    "truncated": (NOTE, "cut by the snapshot length"),
    "not-in-trace": (NOTE, "strace shows something else instead of these bytes"),
    # headers and attributes
    "header-short": (ERROR, "a fixed header is cut short"),
    "attr-len-short": (ERROR, "nla_len is less than its own header"),
    "attr-len-over": (ERROR, "nla_len is more than the bytes left"),
    "attr-unaligned": (WARNING, "an attribute's padding is missing"),
    "attr-trailing": (WARNING, "bytes after the last attribute"),
    "attr-zeros": (NOTE, "zero bytes after the last attribute"),
    "attr-duplicate": (WARNING, "an attribute is there twice"),
    "attr-unknown": (NOTE, "an attribute that the dissector does not know"),
    "nest-depth": (ERROR, "more levels of nesting than the kernel follows"),
    # payloads
    "scalar-size": (ERROR, "a number of the wrong size"),
    "array-size": (ERROR, "an array that ends within an element"),
    "struct-short": (ERROR, "a struct that is cut short"),
    "struct-long": (NOTE, "a struct longer than known"),
    "binary-size": (WARNING, "an address or the like of the wrong size"),
    "flag-payload": (WARNING, "a flag with a payload"),
    "string-unterminated": (WARNING, "a string without its NUL"),
    "string-after-nul": (WARNING, "bytes after a string's NUL"),
    "string-encoding": (WARNING, "a string that is not UTF-8"),
    "selector-unknown": (NOTE, "nothing says what a nest holds"),
    # of single dissectors
    "hook-failed": (ERROR, "a dissector's own code failed"),
    "code-limit": (NOTE, "more than a dissector's own code or layout looks at"),
    "nexthop-length": (ERROR, "rtnh_len that cannot be"),
    "element-length": (WARNING, "an element of 802.11 that overruns its frame"),
    "domain-length": (ERROR, "a domain name that overruns its option"),
    "option-length": (ERROR, "a neighbour discovery option of a length that cannot be"),
    "options-length": (ERROR, "neighbour discovery options that overrun the message"),
    "keys-short": (ERROR, "fewer keys than the action says it has"),
    "ematch-short": (ERROR, "an extended match cut short"),
    "policy-differs": (WARNING, "dissector and the kernel's policy disagree"),
    # requests
    "value-range": (ERROR, "a value outside of what is accepted"),
    "value-mask": (ERROR, "bits that are not accepted"),
    "length-range": (ERROR, "a payload shorter or longer than what is accepted"),
    "attr-not-in-policy": (ERROR, "an attribute that the kernel's policy does not have"),
    "attr-unlisted": (NOTE, "an attribute that the operation does not list"),
    "attr-unused": (WARNING, "an attribute that nothing reads"),
    "nest-flag-missing": (ERROR, "a nest without NLA_F_NESTED"),
    "nest-flag-unexpected": (ERROR, "NLA_F_NESTED on what is no nest"),
    # reserved
    "flags-reserved": (WARNING, "nlmsg_flags without a meaning here"),
    "flags-unknown": (NOTE, "bits without a name in a header's flags"),
    "reserved-set": (WARNING, "a reserved field that is not zero"),
    "padding-nonzero": (WARNING, "padding that is not zero"),
    # conversations
    "request-unanswered": (WARNING, "an answer was due and none came"),
    "request-cut": (NOTE, "the answer is not there to its end"),
    "request-refused": (NOTE, "the kernel refused a request (with --fail-on refused)"),
    "request-given-up": (NOTE, "no answer while very many other requests passed"),
    "sequence-differs": (NOTE, "an answer with another sequence number than its request"),
    "sequence-repeated": (WARNING, "a port's sequence number is used while still open"),
    "sequence-zero": (NOTE, "several open requests with sequence number 0"),
    "dump-interrupted": (WARNING, "what was dumped changed meanwhile"),
    "receive-overrun": (WARNING, "messages were lost on their way"),
    "capture-lost": (WARNING, "the capture lost messages"),
}


def diagnosis(code: str, text: str, offset: int, length: int, severity: str = "") -> Diagnosis:
    """A diagnosis of these bytes, of its code's severity unless another is given."""
    return Diagnosis(code, severity or CODES[code][0], text, offset, length)
