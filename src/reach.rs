//! Which rules put what a view looks at: whether lists of whole values must be kept as values.

use crate::rule::{Op, Rule, RuleId};
use crate::tree::Copy;
use crate::view::{Path, Select, Step};

/// What stands at the end of a path: the rules that may have put it there, or whole values.
struct Reached {
    rules: Vec<RuleId>,
    opaque: bool,
}

/// Whether a view looks into lists of whole values, which are kept as JSON unless one does.
pub(crate) fn reads_lists(rules: &[Rule], root: RuleId, copies: &[Copy], paths: &[Vec<&Path>]) -> bool {
    paths.iter().any(|parts| {
        let start = Reached { rules: vec![root], opaque: false };
        let mut steps = parts.iter().flat_map(|path| &path.steps).zip(0..);
        let end = steps.try_fold(start, |at, (step, depth)| {
            let from_copy = depth == 0 && copies.iter().any(|copy| copy.to == step.key);
            reach(rules, &at, step, from_copy)
        });
        end.is_none()
    })
}

/// Takes one step; None where it is one into a list of whole values.
fn reach(rules: &[Rule], at: &Reached, step: &Step, copied: bool) -> Option<Reached> {
    let mut found = Vec::new();
    for rule in at.rules.iter().filter_map(|id| rules.get(*id as usize)) {
        let putting =
            |id: &&RuleId| rules.get(**id as usize).is_some_and(|child| child.to == step.key && child.op != Op::Whole);
        found.extend(rule.fields.in_order.iter().filter(putting));
        if rule.fields.find(step.name.hash, &step.name.text).is_none() {
            found.extend(rule.other);
        }
    }
    let mut ops = found.iter().filter_map(|id| rules.get(*id as usize)).map(|rule| rule.op);
    let keyed = |op| {
        let lists = matches!(op, Op::By | Op::Calls | Op::Content | Op::Items | Op::Parts | Op::ToolCalls);
        lists || matches!(op, Op::Drop | Op::Slot)
    };
    let opaque = at.opaque || copied || !ops.clone().all(|op| keyed(op) || op == Op::Object);
    let whole = opaque || !ops.all(keyed);
    let variants = found.iter().filter_map(|id| rules.get(*id as usize)?.variants.as_deref());
    let variants: Vec<RuleId> = variants.flat_map(|variants| variants.rules.iter().map(|rule| rule.1)).collect();
    let reached = found.iter().chain(&variants).copied().collect();
    (matches!(step.select, Select::Member) || !whole).then_some(Reached { rules: reached, opaque })
}
