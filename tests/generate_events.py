"""Events generated from the routes of a dialect: what their steps take, for the rules of the places where that goes.

A block of one kind has mostly one index, so that fragments find a block that takes them.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from generate_chunks import DEPTH, WORDS, Chunks, Pairs, Tree

if TYPE_CHECKING:
    from ssefold._py.route import Place, Route, Step
    from ssefold._py.rule import Rule


class Events(Chunks):
    """Events of one dialect."""

    def chunk(self) -> Tree:
        """An event of one of the types that have a route."""
        routes = self.dialect.routes
        names = list(routes.by_name)
        (name,) = self.chance.choices(names, [self.weight(each, routes.by_name[each]) for each in names])
        route = routes.by_name[name]
        kind, _, inner = name.partition("/")
        event = Pairs([(routes.members[0][0], json.dumps(kind))])
        for step in route.steps:
            self.take(event, step)
        if inner:
            self.tell(event, route, inner)
        if routes.sequence and self.some(0.5):
            event.fields.append((routes.sequence, str(self.chance.randrange(3) + self.turn)))
        for ignored in routes.ignored:
            if self.some(0.1):
                event.fields.append((ignored, self.text()))
        if self.some(0.05):
            event.fields.append((self.one(WORDS), self.json(2)))
        if self.some(0.3):
            self.chance.shuffle(event.fields)
        return event

    def weight(self, name: str, route: Route) -> float:
        """How often events of a type come: fragments most, ends least."""
        ops = {step.op for step in route.steps}
        if not ops or name in self.dialect.routes.fails:
            return 0.05
        if ops & {"end", "finish"}:
            return 0.2
        return 1.0 if name in self.dialect.routes.begins else 2.0 if "put" in ops else 4.0

    def take(self, event: Pairs, step: Step) -> None:
        """Put into an event what a step takes of it, and the indexes of its address."""
        rule, kind = self.dialect.root, ""
        for place in step.into:
            rule = rule.buffers[place.name] if place.is_buffer else rule.fields.get(place.name) or rule.other or rule
            kind = place.kind
            if place.member and place is not step.into[-1]:
                self.index_at(event, rule, place, kind)
                rule = rule.variants.get(kind, rule)
        value: Tree = "null"
        if step.into and step.into[-1].member:
            if step.op == "put" or not kind:
                kind, value = self.item(rule, DEPTH - 2)
            self.index_at(event, rule, step.into[-1], kind)
        if step.take:
            whole = not step.into or bool(step.into[-1].member)
            put = (value if value != "null" else self.object(rule, DEPTH - 2)) if whole else self.value(rule, DEPTH - 2)
            self.place(event, step.take, put)

    def index_at(self, event: Pairs, rule: Rule, place: Place, kind: str) -> None:
        """State an index: mostly that of blocks of this kind."""
        if all(name != place.member for name, _ in event.fields):
            kinds = list(rule.variants)
            usual = str(kinds.index(kind)) if kind in kinds else str(len(kinds))
            event.fields.append((place.member, usual if self.some(0.7) else self.index()))

    def place(self, event: Pairs, path: tuple[str, ...], value: Tree) -> None:
        """Put a value at a path of members, beside what another step has put there."""
        around = event.fields
        for name in path[:-1]:
            inner = next((tree for key, tree in around if key == name and isinstance(tree, Pairs)), None)
            if inner is None:
                inner = Pairs([])
                around.append((name, inner))
            around = inner.fields
        if self.some(0.03):
            around.append((path[-1], "null"))
        elif all(name != path[-1] for name, _ in around):
            around.append((path[-1], value))

    def tell(self, event: Pairs, route: Route, inner: str) -> None:
        """State the second part of a route's name, where its steps look for what they take."""
        taken = {step.take[0] for step in route.steps if step.take}
        for path in self.dialect.routes.members[1:]:
            if path[0] in taken:
                self.place(event, path, json.dumps(inner))
