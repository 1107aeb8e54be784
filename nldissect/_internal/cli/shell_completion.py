"""`nldissect completion`: scripts for bash, zsh and fish, installing them, and what they ask for.

The scripts know no option and no name: with each Tab they ask `nldissect completion --complete`,
so they never go stale, and what is offered is decided in one place (`completion_candidates`).
"""

from __future__ import annotations

import os
import re
from argparse import Namespace
from collections.abc import Callable
from typing import Final

from ..wire.errors import UsageError
from ..wire.output_file import write_file
from .completion_candidates import COMMAND, NO_SPACE, Offer, visible
from .options import SHELLS
from .output import TextOutput
from .shell_words import BREAKS, TypedWord, quoted, split_words

Offering = Callable[[list[str]], Offer]  # what may stand in place of the last of these words

MARK: Final = "made by `nldissect completion"  # in the second line of what is ours to replace

SCRIPTS: Final = {
    "bash": r"""# bash completion for nldissect
# made by `nldissect completion bash`
_nldissect() {
    local reply first
    mapfile -t reply < <(command nldissect completion --complete bash \
        "${COMP_LINE:0:COMP_POINT}" "$COMP_TYPE" "${COLUMNS:-80}" "$COMP_WORDBREAKS" 2>/dev/null)
    COMPREPLY=("${reply[@]:1}")
    compopt -o nosort 2>/dev/null
    case ${reply[0]} in
        files) ;;
        folders) compopt +o default -o dirnames 2>/dev/null ;;
        nospace) compopt +o default -o nospace 2>/dev/null ;;
        command*)
            first=${reply[0]#command }
            if declare -F _command_offset >/dev/null; then
                _command_offset "$first"
            elif (( COMP_CWORD == first )); then
                mapfile -t COMPREPLY < <(compgen -c -- "${COMP_WORDS[COMP_CWORD]}")
            fi ;;
        *) compopt +o default 2>/dev/null ;;
    esac
}
complete -o default -F _nldissect nldissect
""",
    "zsh": r"""#compdef nldissect
# made by `nldissect completion zsh`
_nldissect() {
  local -a lines texts shown
  local line
  lines=("${(@f)$(command nldissect completion --complete zsh \
    "${(@Q)words[1,CURRENT-1]}" "${(Q)PREFIX}" 2>/dev/null)}")
  case $lines[1] in
    files) _files; return ;;
    folders) _files -/; return ;;
    command*)
      line=${lines[1]#command }
      shift $line words
      (( CURRENT -= line ))
      _normal
      return ;;
  esac
  for line in "${(@)lines[2,-1]}"; do
    texts+=("${line%%$'\t'*}")
    shown+=("${line#*$'\t'}")
  done
  (( $#texts )) || return 1
  # A quote that begins within a word: what compadd would replace is not told.
  [[ $words[CURRENT] == --*=[\'\"]* ]] && return 1
  local -a how=(-V values -l -d shown)
  [[ $lines[1] == nospace ]] && how+=(-S '')
  if [[ $PREFIX == --*=* ]]; then
    compset -P 1 '*='
    texts=("${(@)texts#*=}")
    compadd "${(@)how}" -a texts
  else
    compadd -U "${(@)how}" -a texts
  fi
}
if [[ $funcstack[1] == _nldissect ]]; then
  _nldissect "$@"
else
  compdef _nldissect nldissect
fi
""",
    "fish": r"""# fish completion for nldissect
# made by `nldissect completion fish`
function __nldissect_complete
    set -l words (commandline -opc)
    set -l current (commandline -ct)
    set -l lines (command nldissect completion --complete fish $words "$current" 2>/dev/null)
    switch "$lines[1]"
        case files
            __fish_complete_path "$current"
        case folders
            __fish_complete_directories "$current"
        case 'command *'
            set -l first (string replace 'command ' '' -- $lines[1])
            set -l rest (string escape -- $words[(math $first + 1)..])
            complete -C (string join ' ' -- $rest "$current")
        case '*'
            string join \n -- $lines[2..]
    end
end
complete -c nldissect -f -k -a '(__nldissect_complete)'
""",
}


def completion(options: Namespace, output: TextOutput) -> int:
    """Prints a script or installs it; the exit status."""
    shell = options.shell or running_shell()
    if shell is None:
        raise UsageError(f"completion: for which shell? {', '.join(SHELLS)}")
    output.write(install(shell) if options.install else SCRIPTS[shell])
    return 0


# -- answers ---------------------------------------------------------------------------


def answer(arguments: list[str], offering: Offering) -> str:
    """What a script wants to know: how to go on, and below it what is offered, a line each.

    `bash LINE COMP_TYPE COLUMNS COMP_WORDBREAKS`, or `zsh` or `fish` and the words up to the
    cursor, the last one as it is typed.
    """
    shell, *rest = arguments or [""]
    if shell not in SHELLS or not rest:
        return ""
    if shell == "bash":
        line, listing, columns, breaks = (*rest, "", "", BREAKS)[:4] if len(rest) < 4 else rest[:4]
        words = split_words(line, breaks)
        found = offering([word.text for word in words])
        lists = listing == str(ord("?"))
        width = int(columns) if columns.isdecimal() else 80
        lines = _listed(found, words[-1], width) if lists else _for_readline(found, words[-1])
    else:
        word = split_words(rest[-1])[-1] if shell == "fish" else TypedWord(rest[-1])
        found = offering([*rest[:-1], word.text])
        if shell == "fish":
            found = _left_open(found, word)
        lines = [f"{text}\t{help}" for text, help in visible(found.candidates)]
        if shell == "zsh":
            shown = _listed(found, word, 0)
            lines = [f"{a.partition(chr(9))[0]}\t{b}" for a, b in zip(lines, shown, strict=True)]
    kind = f"{COMMAND} {found.first}" if found.kind == COMMAND else found.kind
    return "\n".join([kind, *lines]) + "\n"


def _for_readline(found: Offer, word: TypedWord) -> list[str]:
    """What bash puts in the place of a word, as far as it replaces it."""
    pairs = visible(_left_open(found, word).candidates)
    kept = word.text[: word.kept]
    return [quoted(text[word.kept :], word.quote) for text, _ in pairs if text.startswith(kept)]


def _left_open(found: Offer, word: TypedWord) -> Offer:
    """With a second one where one alone would have its quote closed, although it may go on."""
    if len(found.candidates) != 1 or found.kind != NO_SPACE or not word.quote:
        return found
    ((text, help),) = found.candidates
    return found._replace(candidates=[(text, help), (text + " ", "and more")])


def _listed(found: Offer, word: TypedWord, width: int) -> list[str]:
    """What is shown of each: its last word with its help beside, cut to a width but for 0."""
    pairs = visible(found.candidates)
    before = len(word.text) - len(re.split(r"[ ,]", word.text)[-1])
    shown = [text[before:] or text for text, _ in pairs]
    wide = min(max(map(len, shown), default=0), 30)
    lines = [
        f"{text:{wide}}  {help}".rstrip() for text, (_, help) in zip(shown, pairs, strict=True)
    ]
    return [line[: width - 1] for line in lines] if width else lines


# -- installing -----------------------------------------------------------------------


def running_shell() -> str | None:
    """The shell that this was called from, else the user's; None where neither is one of ours."""
    process = os.getppid()
    for _ in range(4):  # beyond what runs a program: sudo, env, uv
        try:
            with open(f"/proc/{process}/stat", encoding="utf-8", errors="replace") as stream:
                before, _, after = stream.read().rpartition(")")
        except OSError:
            break
        name = before.partition("(")[2].lstrip("-")
        if name in SHELLS:
            return name
        process = int(after.split()[1])
    login = os.path.basename(os.environ.get("SHELL", ""))
    return login if login in SHELLS else None


def place(shell: str) -> str:
    """The file that this user's completion of nldissect is in."""
    home = os.path.expanduser("~")

    def folder(variable: str, *default: str) -> str:
        return os.environ.get(variable) or os.path.join(home, *default)

    if shell == "bash":
        data = os.path.join(folder("XDG_DATA_HOME", ".local", "share"), "bash-completion")
        own = os.environ.get("BASH_COMPLETION_USER_DIR", "").partition(":")[0]
        return os.path.join(own or data, "completions", "nldissect")
    if shell == "zsh":
        return os.path.join(folder("ZDOTDIR"), ".zfunc", "_nldissect")
    config = folder("XDG_CONFIG_HOME", ".config")
    return os.path.join(config, "fish", "completions", "nldissect.fish")


def install(shell: str) -> str:
    """Writes the script to where the shell looks; what was done and what is left to do.

    Raises UsageError where something else is there, or it cannot be written.
    """
    path = place(shell)
    try:
        with open(path, encoding="utf-8", errors="replace") as stream:
            before: str | None = stream.read(1 << 16)
    except FileNotFoundError:
        before = None
    except OSError as problem:
        raise UsageError(f"completion: {path}: {problem.strerror}") from None
    if before is not None and MARK not in "\n".join(before.split("\n")[:2]):
        raise UsageError(
            f"completion: {path} is not what `nldissect completion` made, and stays as it is; "
            f"move it away, or write another: nldissect completion {shell} > FILE"
        )
    try:
        if before != SCRIPTS[shell]:
            os.makedirs(os.path.dirname(path), mode=0o755, exist_ok=True)
            write_file(path, SCRIPTS[shell].encode())
    except OSError as problem:
        raise UsageError(f"completion: {path} cannot be written: {problem.strerror}") from None
    done = {None: "is written", SCRIPTS[shell]: "was there already"}.get(before, "is written anew")
    return f"{path} {done}\n{_next_step(shell, path)}\nto remove it: rm {quoted(path, '')}\n"


def _next_step(shell: str, path: str) -> str:
    """What the user has to do for it to be read."""
    if shell == "fish":
        return "fish reads it by itself"
    if shell == "bash":
        return (
            "new shells read it where the package bash-completion is set up; elsewhere ~/.bashrc "
            f"needs the line: source {quoted(path, '')}"
        )
    folder = quoted(os.path.dirname(path), "")
    return (
        "new shells read it when .zshrc has these lines: "
        f"fpath=({folder} $fpath); autoload -Uz compinit; compinit"
    )
