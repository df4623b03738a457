"""The targeted filters and the noise, read from `filters.yaml`, and the LogQL that each becomes."""

from functools import cache
from importlib.resources import files
from typing import Annotated

import yaml
from pydantic import BaseModel, ConfigDict, Field

from retrieval.logs.loki.logql import LabelFilter, LineFilter, LogExpression, Matcher
from retrieval.taxonomy import Category

Text = Annotated[str, Field(min_length=1)]


class Filter(BaseModel):
    """One thing to look for; `app` narrows it down to streams of these applications, where Loki knows them."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    id: Annotated[str, Field(pattern=r"^[a-z-]+$")]
    category: Category
    any: Annotated[tuple[Text, ...], Field(min_length=1)]
    app: tuple[Text, ...] = ()

    def expression(
        self, everything: LogExpression, app_labels: tuple[str, ...], noise: tuple[str, ...]
    ) -> LogExpression:
        """The log query: `everything` narrowed down to the words, without the noise.

        `app_labels` are the names under which this Loki may know an application.
        """
        stages = [LabelFilter(tuple(Matcher.any_of(name, self.app) for name in app_labels))] if self.app else []
        return everything.where(*stages, LineFilter(self.any), LineFilter(noise, negated=True))


class FilterTable(BaseModel):
    """All filters, and the words of lines that are passed over."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    noise: Annotated[tuple[Text, ...], Field(min_length=1)]
    filters: tuple[Filter, ...]


@cache
def filter_table() -> FilterTable:
    """What stands in `filters.yaml`."""
    text = (files("evals.dataset.extraction") / "filters.yaml").read_text(encoding="utf-8")
    return FilterTable.model_validate(yaml.safe_load(text))
