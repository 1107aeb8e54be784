"""What the tests share: the command, messages byte by byte, capture files, strace's text."""

from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
