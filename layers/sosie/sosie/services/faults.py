"""A world's fault rules: kept in one item with their counters, which is read together with the world's record.

The counters are written with the journal entry of a request that a rule matched, on condition that nobody else counted
meanwhile; so they are exact whoever else asks at the same time.
"""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from sosie.domain.errors import ConflictError, ScenarioError
from sosie.domain.faults import Rule
from sosie.domain.limits import is_storable
from sosie.ports import Delete, Item, Put
from sosie.services.world_record import faults_key

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence
    from datetime import datetime

    from sosie.domain.faults import Asked
    from sosie.ports import Store

MOST_RULES = 100
_ATTEMPTS = 8


@dataclass(frozen=True, slots=True)
class CountedRule:
    """A rule, how many requests it matched, and how many it was applied to."""

    rule: Rule
    seen: int = 0
    applied: int = 0

    def to_json(self) -> dict[str, Any]:
        """Return the rule as it is stored and shown."""
        rule = self.rule
        return {
            "id": rule.id,
            "match": dict(rule.match),
            "effect": dict(rule.effect),
            "limit": dict(rule.limit),
            "seen": self.seen,
            "applied": self.applied,
        }


@dataclass(frozen=True, slots=True)
class Decision:
    """What a world's rules say about one request: the rule that applies, if any, and all that matched."""

    item: Item
    rules: Sequence[CountedRule]
    matched: frozenset[str]
    rule: Rule | None

    def counted(self, *, applied: bool) -> list[Put]:
        """Return the counters as they are after this request; nothing to write if no rule matched it."""
        if not self.matched:
            return []
        struck = self.rule.id if self.rule is not None and applied else None
        rules = [
            replace(
                each, seen=each.seen + (each.rule.id in self.matched), applied=each.applied + (each.rule.id == struck)
            )
            for each in self.rules
        ]
        return [Put(replace(self.item, body={**self.item.body, "rules": [each.to_json() for each in rules]}))]


def decide(item: Item, asked: Callable[[bool], Asked], seed: str, now: datetime) -> Decision:
    """Return what the rules of a stored item say. `asked` is told whether a rule looks for ids in the request.

    Each rule counts all requests that it matches; the first one that is due applies.
    """
    rules = _rules(item)
    request = asked(any(each.rule.looks_for_ids for each in rules))
    matching = [each for each in rules if each.rule.matches(request)]
    due = (each.rule for each in matching if each.rule.is_due(each.seen + 1, each.applied, seed, now))
    return Decision(item, rules, frozenset(each.rule.id for each in matching), next(due, None))


def list_rules(store: Store, world: str) -> list[CountedRule]:
    """Return a world's rules in the order in which they are asked."""
    return _rules(_item(store, world))


def add_rules(store: Store, world: str, rules: Sequence[Rule]) -> list[CountedRule]:
    """Add rules behind those that are there, all or none; one without an id is given one.

    Raises ConflictError for an id that is taken, and ScenarioError for more than a world keeps.
    """
    if not rules:
        return []
    for _ in range(_ATTEMPTS):
        item = _item(store, world)
        present = _rules(item)
        added, given_out = _named(rules, {each.rule.id for each in present}, item.body["givenOut"])
        if _write(store, item, [*present, *added], given_out):
            return added
    raise ConflictError(f"others keep changing the faults of {world}")


def drop_rule(store: Store, world: str, rule_id: str) -> bool:
    """Remove a rule, and tell whether it was there. Raises ConflictError."""
    for _ in range(_ATTEMPTS):
        item = _item(store, world)
        present = _rules(item)
        kept = [each for each in present if each.rule.id != rule_id]
        if len(kept) == len(present):
            return False
        if _write(store, item, kept, item.body["givenOut"]):
            return True
    raise ConflictError(f"others keep changing the faults of {world}")


def clear_rules(store: Store, world: str) -> None:
    """Remove all of a world's rules."""
    store.write([Delete(faults_key(world))])


def _named(rules: Iterable[Rule], taken: set[str], given_out: int) -> tuple[list[CountedRule], int]:
    """Return the rules with ids, and how many ids have been given out by then."""
    wanted = [rule.id for rule in rules if rule.id]
    for at, name in enumerate(wanted):
        if name in taken or name in wanted[:at]:
            raise ConflictError(f"the fault {name}")
    taken = taken.union(wanted)
    named = []
    for rule in rules:
        name = rule.id
        while not name or (not rule.id and name in taken):
            given_out += 1
            name = f"fault-{given_out}"
        named.append(CountedRule(replace(rule, id=name)))
    return named, given_out


def _item(store: Store, world: str) -> Item:
    key = faults_key(world)
    return store.get_many([key]).get(key) or Item(key, {"givenOut": 0, "rules": []})


def _rules(item: Item) -> list[CountedRule]:
    return [
        CountedRule(
            Rule(kept["id"], kept["effect"], kept["match"], kept["limit"]), seen=kept["seen"], applied=kept["applied"]
        )
        for kept in item.body["rules"]
    ]


def _write(store: Store, item: Item, rules: Sequence[CountedRule], given_out: int) -> bool:
    """Write the rules, and tell whether nobody else was faster. A world without rules has no item."""
    body = {"givenOut": given_out, "rules": [each.to_json() for each in rules]}
    if len(rules) > MOST_RULES or not is_storable(item.key.sort, body):
        raise ScenarioError("", f"a world keeps {MOST_RULES} faults, and not more than 128 KiB of them")
    change = Put(replace(item, body=body)) if rules else Delete(item.key, item.version)
    with suppress(ConflictError):
        store.write([change])
        return True
    return False
