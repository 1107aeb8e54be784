"""Records of the audit system: `audit(TIME:SERIAL): key=value key="text" msg='key=value'`."""

from __future__ import annotations

import re

from nldissect.hooks import (
    NEST,
    STRING,
    STRUCT,
    Field,
    Lookup,
    Message,
    Node,
    Struct,
    escaped,
    part,
)

STAMP = re.compile(rb"audit\((\d+\.\d+:\d+)\): ?")
# A key, and its value in quotation marks, in apostrophes (of a program's own words), or bare.
FIELD = re.compile(rb"([A-Za-z0-9_\-]+)=(?:\"([^\"]*)\"|'([^']*)'|([^\s'\"\0]*))")
# Texts that the kernel writes in hexadecimal when they hold blanks or control characters.
CODED = re.compile(
    r"acct|cmd|comm|cwd|data|dir|exe|file|grp|key|name|new|ocomm|old|op|path|proctitle|vm|watch|a\d+"
)
HEX = re.compile(r"(?:[0-9A-F]{2})+")
PROCESSES = frozenset(("comm", "exe", "cmdline", "proctitle"))  # name one, for redaction
MOST = 512  # fields of one record


def plain(key: str, value: bytes) -> str:
    """A bare value; one in hexadecimal of a key that has text as that text."""
    text = value.decode("utf-8", "backslashreplace")
    number = len(text) <= 8 or key[1:].isdigit()  # a0 to a3 of a system call
    if (key == "proctitle" or (CODED.fullmatch(key) and not number)) and HEX.fullmatch(text):
        return bytes.fromhex(text).replace(b"\0", b" ").decode("utf-8", "backslashreplace")
    return text


def fields(message: Message, pos: int, limit: int, out: list[Node], parent: Node | None) -> None:
    """Appends what is between `pos` and `limit`, words that are no field as they are."""
    data = message.data

    def piece(name: str, start: int, end: int, value: str) -> None:
        field = part(name, STRING)
        if name in PROCESSES:
            field.privacy = "process"
        node = Node(field, message, parent, start, start, end)
        node.set_value("string", value)
        out.append(node)

    done = pos
    for count, found in enumerate(FIELD.finditer(data, pos, limit)):
        if count >= MOST:
            break
        between = data[done : found.start()].strip(b" \0,")
        if between:
            piece("text", done, found.start(), between.decode("utf-8", "backslashreplace"))
        elif done < found.start() and out and out[-1].end == done:
            out[-1].end = found.start()
        key = found[1].decode()
        quoted, words, bare = found[2], found[3], found[4]
        if words and parent is None:
            node = Node(part(key, NEST), message, None, found.start(), found.start(), found.end())
            inner: list[Node] = []
            fields(message, found.start(3), found.end(3), inner, node)
            inner[0].offset = node.offset  # the key and its apostrophes are no one else's
            inner[-1].end = node.end
            node.set_children("record", inner)
            out.append(node)
        elif words is not None or quoted is not None:
            text = (words if quoted is None else quoted).decode("utf-8", "backslashreplace")
            piece(key, found.start(), found.end(), text)
        else:
            piece(key, found.start(), found.end(), plain(key, bare))
        done = found.end()
    if done < limit:
        rest = data[done:limit].strip(b" \0\n'")
        if rest or not out:
            piece("text", done, limit, rest.decode("utf-8", "backslashreplace"))
        else:
            out[-1].end = limit


def record(message: Message, pos: int, limit: int, out: list[Node]) -> bool:
    """A record as nodes, its keys as their names."""
    stamp = STAMP.match(message.data, pos, limit)
    if stamp is not None:
        node = Node(part("audit", STRING), message, None, pos, pos, stamp.end())
        node.set_value("string", stamp[1].decode())
        out.append(node)
        pos = stamp.end()
    if pos < limit:
        fields(message, pos, limit, out, None)
    return True


def strings(message: Message, pos: int, limit: int, out: list[Node]) -> bool:
    """What follows struct audit_rule_data: the texts of its fields, one after the other."""
    node = Node(part("buf", STRING), message, None, pos, pos, limit)
    raw = message.data[pos:limit]
    node.set_value("string", raw.decode("utf-8", "backslashreplace").rstrip("\0"))
    out.append(node)
    return True


OLDER: dict[int, Struct] = {}  # by the number of members


def status_struct(message: Message, pos: int, limit: int, out: list[Node]) -> bool:
    """struct audit_status, which grew: older kernels and programs have less of it."""
    struct = message.spec.struct("audit-status") if message.spec is not None else None
    if struct is None:
        return False
    count = min((limit - pos) // 4, len(struct.members))
    if not count:
        return False
    known = OLDER.get(count)
    if known is None:
        known = OLDER[count] = Struct(struct.name)
        for one in struct.members[:count]:
            known.add(one)
    field = Field(struct.name, None, -1, STRUCT)
    field.struct = known
    out.append(Node(field, message, None, pos, pos, limit))
    return True


def told(seen: Lookup) -> None:
    """The record without its stamp, as the log has it."""
    seen.settle()
    for node in seen.message.nodes[:24]:
        if node.name == "audit":
            continue
        if node.children:
            for child in node.children[:24]:
                seen.say(escaped(f"{child.name}={child.value}"))
        else:
            name = "" if node.name == "text" else f"{node.name}="
            seen.say(escaped(f"{name}{node.value}"))


def status(seen: Lookup) -> None:
    """The status as `auditctl -s` has it, or what of it is to be set."""
    seen.settle()
    of = {c.name: c for node in seen.message.nodes for c in node.children}
    mask = of["mask"].value if "mask" in of and seen.message.to_kernel else -1
    for bit, name in enumerate(SETTINGS):
        if name in of and mask & 1 << bit:
            seen.say(f"{name.replace('-', '_')} {of[name].label or of[name].value}")


def rule(seen: Lookup) -> None:
    """A rule: its list, action, fields and texts."""
    seen.settle()
    if not seen.has("flags"):
        return
    seen.say(f"{seen.text('action')},{seen.text('flags')}")
    names, values = seen.node("fields"), seen.node("values")
    count = min(seen.value("field-count") or 0, 64)
    if names is not None and values is not None:
        for name, value in list(zip(names.children, values.children, strict=False))[:count]:
            seen.say(f"{name.label or name.value}={value.value:#x}")
    if seen.has("buf"):
        seen.say(seen.text("buf"))


SETTINGS = (
    "enabled", "failure", "pid", "rate-limit", "backlog-limit", "backlog-wait-time", "lost",
)  # fmt: skip
RECORDS = """
    user login user-auth user-acct user-mgmt cred-acq cred-disp user-start user-end user-avc
    user-chauthtok user-err cred-refr usys-config user-login user-logout add-user del-user
    add-group del-group dac-check chgrp-id test trusted-app user-selinux-err user-cmd user-tty
    chuser-id grp-auth system-boot system-shutdown system-runlevel service-start service-stop
    grp-mgmt grp-chauthtok mac-check acct-lock acct-unlock user-device software-update
    daemon-start daemon-end daemon-abort daemon-config daemon-reconfig daemon-rotate
    daemon-resume daemon-accept daemon-close daemon-err syscall fs-watch path ipc socketcall
    config-change sockaddr cwd execve ipc-set-perm mq-open mq-sendrecv mq-notify mq-getsetattr
    kernel-other fd-pair obj-pid tty eoe bprm-fcaps capset mmap netfilter-pkt netfilter-cfg
    seccomp proctitle feature-change replace kern-module fanotify time-injoffset time-adjntpval
    bpf event-listener uringop openat2 dm-ctrl dm-event avc selinux-err avc-path mac-policy-load
    mac-status mac-config-change mac-unlbl-allow mac-cipsov4-add mac-cipsov4-del mac-map-add
    mac-map-del mac-ipsec-addsa mac-ipsec-delsa mac-ipsec-addspd mac-ipsec-delspd
    mac-ipsec-event mac-unlbl-stcadd mac-unlbl-stcdel mac-calipso-add mac-calipso-del ipe-access
    ipe-config-change ipe-policy-load landlock-access landlock-domain mac-task-contexts
    mac-obj-contexts apparmor-audit apparmor-allowed apparmor-denied apparmor-hint
    apparmor-status apparmor-error apparmor-kill anom-promiscuous anom-abend anom-link
    anom-creat integrity-data integrity-metadata integrity-status integrity-hash integrity-pcr
    integrity-rule integrity-evm-xattr integrity-policy-rule integrity-userspace kernel
    anom-login-failures anom-login-time anom-login-sessions anom-login-acct anom-login-location
    anom-max-dac anom-max-mac anom-amtu-fail anom-rbac-fail anom-rbac-integrity-fail
    anom-crypto-fail anom-access-fs anom-exec anom-mk-exec anom-add-acct anom-del-acct
    anom-mod-acct anom-root-trans anom-login-service anom-login-root anom-origin-failures
    anom-session resp-anomaly resp-alert resp-kill-proc resp-term-access resp-acct-remote
    resp-acct-lock-timed resp-acct-unlock-timed resp-acct-lock resp-term-lock resp-sebool
    resp-exec resp-single resp-halt resp-origin-block resp-origin-block-timed
    resp-origin-unblock-timed user-role-change role-assign role-remove label-override
    label-level-change user-labeled-export user-unlabeled-export dev-alloc dev-dealloc
    fs-relabel user-mac-policy-load role-modify user-mac-config-change user-mac-status
    crypto-test-user crypto-param-change-user crypto-login crypto-logout crypto-key-user
    crypto-failure-user crypto-replay-user crypto-session crypto-ike-sa crypto-ipsec-sa
    virt-control virt-resource virt-machine-id virt-integrity-check virt-create virt-destroy
    virt-migrate-in virt-migrate-out
"""
HOOKS = {"record": record, "strings": strings, "status": status_struct}
SUMMARIES = {
    "get": status, "set": status, "add-rule": rule, "del-rule": rule, "list-rules": rule,
    **dict.fromkeys(RECORDS.split(), told),
}  # fmt: skip
