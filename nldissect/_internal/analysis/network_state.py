"""What a capture implies of a host at a moment: the objects that there are, and how far that goes.

Dumps and notifications tell of an object, deletions end it; so does a dump that should have it and
has not, and the end of what it is on. What was told before messages were lost, or before a request
was accepted that no notification followed, may have changed since. Which objects there are and how
they hang together is said by dissectors (`object_keys`).
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

from ..engine.frame import Context
from ..engine.message import Message
from ..pairing import codes
from ..pairing.transaction import Link, Transaction
from ..session.driver import MessageSink
from ..spec.model import ObjectKind
from ..wire import framing
from . import object_keys
from .flattener import Change, Flat, Flattener, compare
from .object_keys import Key, Scope
from .object_register import ObjectRegister, ToldObject


@dataclass(frozen=True)
class Step:
    """What one message did to an object: `before` and `after`, None where there is none.

    `request` is the number of the request that caused it, 0 where that is not known.
    """

    key: Key
    before: ToldObject | None
    after: ToldObject | None
    message: Message
    link: Link

    @property
    def changes(self) -> list[Change]:
        """The attributes that differ, where it was there before and after."""
        if self.before is None or self.after is None:
            return []
        found = compare(self.before.flat, self.after.flat)
        return [change for change in found if change.path not in self.after.kind.passing]


class NetworkState(MessageSink):
    """The objects of a capture up to message `last` (0: its end) and time `until` (None: its end).

    The time may be told as `after`, ns since the first message.

    `complete` has by scope (kind and parts, "" for all) the message at which a dump had told all
    of it, as serials stand for messages here; `number` and `time` are those of the last message
    looked at, what the recording program asked itself apart.
    """

    def __init__(
        self,
        last: int = 0,
        until: int | None = None,
        after: int | None = None,
        counters: bool = False,
    ) -> None:
        self._register = ObjectRegister()
        self.complete: dict[Scope, int] = {}
        self.number = 0
        self._lost = 0
        self._serial = 0
        self._context = Context()
        self.time: int | None = None
        self.steps: list[Step] = []  # of the last message
        self._last = last
        self._until = until
        self._after = after
        self._flatten = Flattener(counters)
        self._dump: dict[Key, int] = {}  # how often each key came in the dump that goes on
        self._dump_of = 0
        self._most: dict[Key, int] = {}  # how many there have been under a key, if several
        self._places: dict[Key, Key] = {}  # the key of what has a number that stays
        self._down: dict[str, int] = {}  # interfaces, and the message that said so
        self._heard: dict[str, int] = {}  # kinds, and the last notification of one
        self._stirred: dict[str, int] = {}  # interfaces, and the last notification of what is there
        self._unheard: dict[str, int] = {}  # kinds, and a request of which nothing was told
        self._asked: dict[Key, int] = {}  # objects, the same

    def take(self, message: Message, link: Link) -> bool:
        """Takes in the next message; whether more are wanted."""
        self.steps = []
        record = message.record
        time = None if record is None else record.time
        if self._until is None and self._after is not None and time is not None:
            self._until = time + self._after
        if self._last and message.number > self._last and not message.own:
            return False
        if self._until is not None and time is not None and time > self._until:
            return False
        self.time, self._serial, self._context = time, message.serial, message.context
        if not message.own:
            self.number = message.number
        if message.type == framing.NLMSG_OVERRUN or (record is not None and record.lost):
            self._lose(message.serial)
        role, found = link.role_code, link.transaction
        if role == codes.ROLE_REQUEST or role == codes.ROLE_COPY:
            return True
        if message.type == framing.NLMSG_DONE and found is not None and found.is_dump:
            self._dumped(found, message, link)
        elif message.type == framing.NLMSG_ERROR:
            if found is not None and not message.error:
                self._accepted(found, message, link)
        elif message.type >= framing.NLMSG_MIN_TYPE and object_keys.may_tell(message):
            self._told(message, link)
        return True

    # -- objects ------------------------------------------------------------------

    def _told(self, message: Message, link: Link) -> None:
        """Takes in what a message of the kernel tells of an object."""
        flat = self._flatten(message)
        found = object_keys.told(message, flat)
        if found is None:
            return
        kind, key, gone = found
        transaction = link.transaction
        answer = link.role_code == codes.ROLE_ANSWER and transaction is not None
        if not answer:
            self._heard[kind.name] = message.serial
            for way in object_keys.ways(kind, "link", dict(flat)) or key[1:2]:
                self._stirred[way] = message.serial
        if kind.place and not gone:
            self._placed(kind, key, message)
        message.forget()
        if gone:
            self._gone(kind, self._alike(key, flat), flat, message, link)
            return
        if kind.up and not object_keys.is_up(kind, flat):
            known = self.objects.get(key)
            if known is None or object_keys.is_up(kind, known.flat):
                self._down[key[1]] = message.serial
        if answer and transaction is not None and transaction.is_dump:
            key = self._numbered(key, transaction.id)
        elif kind.several and not answer:
            key = self._another(key, flat, message)
        before = self.objects.get(key)
        request = None if transaction is None else transaction.request
        if before is not None and answer and self._asked_for_a_part(kind, request):
            self._register.put(key, replace(before, seen=message.serial))
            return
        values = dict(flat)
        after = ToldObject(
            kind,
            flat,
            message,
            message.serial,
            object_keys.parents(kind, values),
            object_keys.scopes(kind, values),
            frozenset(object_keys.ways(kind, "link", values)),
        )
        self.steps.append(Step(key, self._register.put(key, after), after, message, link))

    def _asked_for_a_part(self, kind: ObjectKind, request: Message | None) -> bool:
        """Whether a request was for next to nothing of an object (the names of interfaces)."""
        if request is None or not kind.bare:
            return False
        return object_keys.only_in_part(kind, self._flatten(request))

    def _copies(self, key: Key) -> Iterator[Key]:
        """All that are known under a key: itself, then those that are numbered."""
        for number in range(1, self._most.get(key, 1) + 1):
            copy = _copy(key, number)
            if copy in self.objects:
                yield copy

    def _numbered(self, key: Key, dump: int) -> Key:
        """The key of the next object that a dump shows under one: those appended are numbered."""
        if self._dump_of != dump:
            self._dump, self._dump_of = {}, dump
        times = self._dump[key] = self._dump.get(key, 0) + 1
        if times > self._most.get(key, 1):
            self._most[key] = times
        return _copy(key, times)

    def _another(self, key: Key, flat: Flat, message: Message) -> Key:
        """The key of what a notification tells of that several may share."""
        copies = list(self._copies(key))
        for copy in copies:
            replaced = message.flags & framing.NLM_F_REPLACE
            if replaced or self.objects[copy].flat == flat or self.doubt(copy):
                return copy
        number = 1
        while _copy(key, number) in copies:
            number += 1
        self._most[key] = max(number, self._most.get(key, 1))
        return _copy(key, number)

    def _alike(self, key: Key, flat: Flat) -> Key:
        """Which of several under one key is most like what is told of it."""
        pairs = set(flat)
        copies = list(self._copies(key))
        if not copies:
            return key
        return max(copies, key=lambda copy: len(pairs.intersection(self.objects[copy].flat)))

    def _gone(self, kind: ObjectKind, key: Key, flat: Flat, message: Message, link: Link) -> None:
        """An object is told to be gone, or one of the several ways that it went."""
        before = self.objects.get(key)
        left = None if before is None else object_keys.without_a_way(kind, before.flat, flat)
        if before is None or left is None:
            self._end(key, message, link)
            return
        path, rest = left
        values = dict(rest)
        after = replace(
            before,
            flat=rest,
            seen=message.serial,
            lost=before.lost | {path},
            parents=object_keys.parents(kind, values),
            ways=frozenset(object_keys.ways(kind, "link", values)),
        )
        self._register.put(key, after)
        self.steps.append(Step(key, before, after, message, link))

    def _end(self, key: Key, message: Message, link: Link) -> None:
        """An object is gone, and what is inside of it."""
        ended = [key]
        while ended:
            one = ended.pop()
            before = self._register.remove(one)
            if before is not None:
                self.steps.append(Step(one, before, None, message, link))
                ended += [*self._register.inside(one), *self._carried(before)]

    def _carried(self, gone: ToldObject) -> list[Key]:
        """What names what is gone as its own root, on the same interface."""
        out: list[Key] = []
        for path, path_there in gone.kind.carries.items():
            root = dict(gone.flat).get(path, "")
            for parent in gone.parents if root.strip("0:") else ():
                for key in self._register.inside(parent):
                    if dict(self.objects[key].flat).get(path_there, "").startswith(root):
                        out.append(key)
            self._unsure(gone.kind.name, self._serial, of_objects=False)
        return out

    def _placed(self, kind: ObjectKind, key: Key, message: Message) -> None:
        """What has another name has not the old one any more, nor has what is inside of it."""
        place = (kind.name, str(message.get(kind.place)), *key[2:])
        old = self._places.get(place)
        self._places[place] = key
        if old is None or old == key:
            return
        inside = self._register.inside(old)
        known = self._register.remove(old)
        if known is not None and key not in self.objects:
            self._register.put(key, known)
        for one in inside:
            told = self._register.remove(one)
            if told is not None:
                told = replace(_told_anew(told, old, key), seen=message.serial)
                self._register.put(_renamed(one, old[1], key[1]), told)

    # -- doubts --------------------------------------------------------------------

    @property
    def objects(self) -> dict[Key, ToldObject]:
        """What there is, by key."""
        return self._register.by_key

    def doubt(self, key: Key) -> str:
        """Why an object may not be as it was told, in words; "" where nothing says so."""
        told = self.objects[key]
        kind = told.kind
        if told.seen < self._lost:
            return f"messages were lost before #{self._number(self._lost)}"
        asked = max(self._unheard.get(kind.name, 0), self._asked.get(key, 0))
        if told.seen < asked:
            number = self._number(asked)
            return f"#{number} changed something, and no notification tells what became of it"
        for way in told.ways if kind.untold else ():
            if told.seen < self._stirred.get(way, 0):
                number = self._number(self._stirred[way])
                return f"no message tells of it, and {way} changed in #{number}"
        # The kernel does not tell what goes along with an interface that goes down.
        if kind.ends_unheard or len(told.ways) > 1:
            for way in sorted(told.ways):
                if told.seen < self._down.get(way, 0):
                    return f"{way} went down in #{self._number(self._down[way])}"
        for parent in told.parents:
            if parent[0] != "link" and parent in self.objects and (why := self.doubt(parent)):
                return why
        return ""

    def unheard(self, kind: str) -> int:
        """A request that changed objects of a kind while no notification told it, 0 for none."""
        return self._number(self._unheard.get(kind, 0))

    @property
    def lost(self) -> int:
        """The last message before which others were lost, 0 for none."""
        return self._number(self._lost)

    def _number(self, serial: int) -> int:
        return int(self._context.number(serial))

    def _lose(self, serial: int) -> None:
        """Messages were lost: nothing is known to be complete or as it was."""
        self._lost = serial
        self.complete.clear()

    def _accepted(self, found: Transaction, message: Message, link: Link) -> None:
        """A request was accepted: if no notification told of it, there is no one who listens."""
        request = found.request_of(link.of)
        if request is None or found.is_dump:
            return
        flat = self._flatten(request)
        changed = object_keys.changed(request, flat)
        if changed is None:
            return
        kind, key, gone = changed
        if any(self._heard.get(name, 0) > request.serial for name in (kind.name, *kind.disturbs)):
            return
        if gone and key is not None and key in self.objects:
            self._end(self._alike(key, flat), message, link)
        elif key is not None and key in self.objects and not kind.several:
            self._asked[key] = request.serial
        else:
            self._unsure(kind.name, request.serial, of_objects=gone or kind.several)
        for name in kind.disturbs:
            self._unsure(name, request.serial)

    def _unsure(self, kind: str, serial: int, of_objects: bool = True) -> None:
        """There may be more objects of a kind, and those that are known may have changed."""
        if of_objects:
            self._unheard[kind] = serial
        for scope in [scope for scope in self.complete if scope[0] == kind]:
            del self.complete[scope]

    # -- dumps --------------------------------------------------------------------

    def _dumped(self, dump: Transaction, message: Message, link: Link) -> None:
        """A dump is over: of what it should have told all else is gone."""
        request = dump.request
        if request is None or dump.interrupted or dump.error or message.error:
            return
        scope = object_keys.asked(request, self._flatten(request))
        if scope is None:
            return
        for key in self._register.not_seen_since(request.serial, scope):
            self._end(key, message, link)
        self.complete[scope] = message.serial


def _copy(key: Key, number: int) -> Key:
    """The key of one of several that share it."""
    return key if number == 1 else (*key, f"#{number}")


def _renamed(key: Key, old: str, new: str) -> Key:
    """A key that names an interface, once that has another name."""
    return tuple(f"dev {new}" if word == f"dev {old}" else word for word in key)


def _told_anew(told: ToldObject, old: Key, new: Key) -> ToldObject:
    """What was told of an object inside of another that has another name now."""
    return replace(
        told,
        flat=tuple((path, new[1] if value == old[1] else value) for path, value in told.flat),
        parents=tuple(new if parent == old else parent for parent in told.parents),
        ways=frozenset(new[1] if way == old[1] else way for way in told.ways),
    )
