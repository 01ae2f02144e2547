"""The restock truth: what two looks at a variant say when the rules of today judge both (laws 2, 3)."""

from dataclasses import replace
from enum import StrEnum

from saleor_stoq_app.saleor.availability import Facts
from saleor_stoq_app.settings.models import BackInStockRules


class Change(StrEnum):
    """What a look found, compared with the last one."""

    NOTHING = "nothing"
    OPENED = "opened"
    HELD = "held"
    CLOSED = "closed"


def sellable(facts: Facts | None, rules: BackInStockRules) -> bool:
    """Say whether a shopper of this channel can buy it now; unknown counts as no, a preorder too (law 2)."""
    if facts is None or facts.preorder or not (facts.published and facts.purchasable and facts.priced):
        return False
    return facts.units is None or facts.units >= rules.minimum_units


def judged_alike(before: Facts | None, now: Facts, *, same_preorder_key: bool) -> Facts | None:
    """Return the facts of the last look as the settings of today read them.

    Preorders are told by a metadata key that the merchant names. Under another name the mark of then says
    nothing, and it is taken to have been as it is now: a change of settings never sends (law 3).
    """
    return before if before is None or same_preorder_key else replace(before, preorder=now.preorder)


def compare(
    before: Facts | None, now: Facts, rules: BackInStockRules, *, judged_before: bool | None, is_open: bool
) -> Change:
    """Compare the facts of the last look with the facts now.

    `judged_before` is what the rules in force at the last look made of its facts: sellable now and
    before by today's rules, but not by those, is the work of a settings change and only opens a held
    restock (law 3).
    """
    if not sellable(now, rules):
        return Change.CLOSED if is_open else Change.NOTHING
    if is_open:
        return Change.NOTHING
    if not sellable(before, rules):
        return Change.OPENED if rules.automatic else Change.HELD
    return Change.HELD if judged_before is False else Change.NOTHING
