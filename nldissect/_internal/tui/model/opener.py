"""Opening captures, again and again if need be: after decode-as, or to follow a file."""

from __future__ import annotations

import os
from collections.abc import Iterable, Sequence

from ...library.index import Index
from ...spec.registry import Registry
from ...wire.errors import UsageError
from .capture_model import CaptureModel
from .colour_rules import ColourRule, ColourRules
from .list_columns import COLUMNS, Column, FieldText, column
from .profiles import Rule
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
        self._rules = self._compiled(self.settings.rules, "rules")
        self._known(self.settings.columns, "columns")

    def _registry(self, decode_as: dict[str, str]) -> Registry:
        return Registry(
            dissectors=self.dissectors,
            specs=self.specs,
            decode_as=decode_as,
            redacts=not self.show_secrets,
        )

    def _compiled(self, rules: Iterable[Rule], where: str) -> list[ColourRule]:
        """Rules of the settings; raises UsageError for a filter that is wrong."""
        out: list[ColourRule] = []
        for number, (text, glyph, colour) in enumerate(rules, 1):
            from ...filter import Filter  # its grammar is read for who has rules

            try:
                found = Filter(text, self.registry)
            except UsageError as problem:
                raise self.settings.wrong(f"{where}, number {number}", str(problem)) from None
            out.append(ColourRule(found.matches, glyph, colour))
        return out

    def _known(self, columns: list[Column], where: str) -> list[Column]:
        """Columns of the settings; raises UsageError for one of no field."""
        for one in columns:
            if one not in COLUMNS:
                try:
                    FieldText(one.name, self.registry)
                except UsageError as problem:
                    raise self.settings.wrong(where, str(problem)) from None
        return columns

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
        model.times.form = settings.time
        model.constants_in_tree = settings.names == "c"
        model.folded = settings.fold
        self.dress(model, settings.profile)
        return model

    def dress(self, model: CaptureModel, name: str) -> None:
        """Gives a capture the columns, rules and filters of a profile; raises UsageError."""
        settings = self.settings
        profile = settings.profiles.get(name)
        if profile is None:
            raise UsageError(f"no profile {name!r}; there are {', '.join(settings.profiles)}")
        rules = self._compiled(profile.rules, f"profiles.{name}.rules")
        model.profile = name
        columns = self._known([column(one) for one in profile.columns], f"profiles.{name}.columns")
        model.columns = columns or list(settings.columns)
        model.rules = ColourRules([*rules, *self._rules], settings.glyphs)
        model.buttons = dict(profile.filters)
        model.changed()

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
