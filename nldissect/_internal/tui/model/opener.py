"""Opening captures, again and again if need be: after decode-as, or to follow a file."""

from __future__ import annotations

import os
from collections.abc import Sequence

from ...library.index import Index
from ...spec.registry import Registry
from ...wire.errors import UsageError
from .capture_model import CaptureModel
from .colour_rules import ColourRule, ColourRules
from .settings import Settings


class Opener:
    """The options by which captures are read."""

    def __init__(
        self,
        settings: Settings | None = None,
        dissectors: Sequence[str] = (),
        specs: Sequence[str] = (),
        decode_as: dict[str, str] | None = None,
        byte_order: str | None = None,
        show_secrets: bool = False,
    ) -> None:
        self.show_secrets = show_secrets
        self.settings = settings or Settings()
        self.dissectors = list(dissectors)
        self.specs = list(specs)
        self.decode_as = dict(decode_as or {})
        self.byte_order = byte_order
        self.registry = self._registry(self.decode_as)
        self._rules = self._compiled()

    def _registry(self, decode_as: dict[str, str]) -> Registry:
        return Registry(
            dissectors=self.dissectors,
            specs=self.specs,
            decode_as=decode_as,
            redacts=not self.show_secrets,
        )

    def _compiled(self) -> list[ColourRule]:
        """The rules of the settings; raises UsageError for a filter that is wrong."""
        out: list[ColourRule] = []
        for number, (text, glyph, colour) in enumerate(self.settings.rules, 1):
            from ...filter import Filter  # its grammar is read for who has rules

            try:
                found = Filter(text, self.registry)
            except UsageError as problem:
                raise self.settings.wrong(f"rules, number {number}", str(problem)) from None
            out.append(ColourRule(found.matches, glyph, colour))
        return out

    def add(self, pair: str) -> None:
        """One more `NUMBER=NAME` of --decode-as; raises UsageError."""
        left, mark, right = pair.strip().partition("=")
        if not mark or not left or not right:
            raise UsageError(f"{pair!r} is not NUMBER=NAME, such as 21=nlexample")
        decode_as = {**self.decode_as, left: right}
        self.registry = self._registry(decode_as)
        self.decode_as = decode_as

    def model(self, path: str, name: str = "", follow: bool = False) -> CaptureModel:
        """The capture at `path`, nothing of which is read yet; raises CaptureError."""
        index = Index(path, self.registry, self.byte_order, follow=follow)
        model = CaptureModel(index, self.registry, name or os.path.basename(path))
        settings = self.settings
        model.columns = list(settings.columns)
        model.times.form = settings.time
        model.constants_in_tree = settings.names == "c"
        model.folded = settings.fold
        model.rules = ColourRules(self._rules, settings.glyphs)
        return model

    @property
    def options(self) -> list[str]:
        """The same for another run of nldissect."""
        out = [] if self.byte_order is None else ["--byte-order", self.byte_order]
        for name, values in (
            ("--dissectors", self.dissectors),
            ("--specs", self.specs),
            ("--decode-as", [f"{left}={right}" for left, right in self.decode_as.items()]),
        ):
            for value in values:
                out += [name, value]
        return out
