"""Code beside dissectors that are not our own: it ends, and it ends nothing but itself.

A hook that leaves by an exception which would end the program (SystemExit and the like; a Ctrl-C
is the user's) raises HookError instead, and one that takes longer than SECONDS is stopped so, by a
thread that watches while hooks run.
"""

from __future__ import annotations

import ctypes
import os
import threading
import time
from collections.abc import Callable
from functools import wraps
from typing import Any, Final

SECONDS: Final = 2.0
TOO_LONG: Final = f"it took more than {SECONDS:g} s"
_BETWEEN: Final = 0.25  # looks of the watching thread


class HookError(Exception):
    """A hook that had to be stopped; the text says why."""


class _Overdue(BaseException):
    """What a hook is stopped by, which its `except Exception` does not catch."""


_running: dict[int, float] = {}  # since when, by the thread
_lock = threading.Lock()
_watch: list[int] = []  # the process whose thread watches


def guarded(function: Callable[..., Any]) -> Callable[..., Any]:
    """`function` under guard; once it had to be stopped, it is not called again."""
    stopped = False

    @wraps(function)
    def call(*arguments: Any) -> Any:
        nonlocal stopped
        if stopped:
            raise HookError(TOO_LONG)
        thread = threading.get_ident()
        if thread in _running:  # by another hook
            return function(*arguments)
        try:
            try:
                _begin(thread)
                return function(*arguments)
            finally:
                with _lock:
                    began = _running.pop(thread, 0.0)
                    if time.monotonic() - began > SECONDS:  # a stop that is still on its way
                        ctypes.pythonapi.PyThreadState_SetAsyncExc(ctypes.c_ulong(thread), None)
        except (Exception, KeyboardInterrupt):
            raise
        except _Overdue:
            stopped = True
            raise HookError(TOO_LONG) from None
        except BaseException as problem:
            raise HookError(f"it raised {problem!r}") from None

    return call


def _begin(thread: int) -> None:
    _running[thread] = time.monotonic()
    if _watch != [os.getpid()]:
        with _lock:
            if _watch != [os.getpid()]:  # none yet, or that of the process this was forked from
                _watch[:] = [os.getpid()]
                threading.Thread(target=_look, name="hooks", daemon=True).start()


def _look() -> None:
    """Stops what is overdue, again and again until it has ended."""
    while True:
        time.sleep(_BETWEEN)
        with _lock:
            for thread, began in _running.items():
                if time.monotonic() - began > SECONDS:
                    ctypes.pythonapi.PyThreadState_SetAsyncExc(
                        ctypes.c_ulong(thread), ctypes.py_object(_Overdue)
                    )
