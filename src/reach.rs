//! Which rules put what a view looks at: whether lists of whole values must be kept as values.

use crate::rule::{Op, Rule, RuleId};
use crate::tree::Copy;
use crate::view::{Path, Select, Step};

/// What stands at the end of a path: the rules that may have put it there, or whole values.
struct Reached {
    rules: Vec<RuleId>,
    opaque: bool,
    /// Values may be put there, which makes whole ones of most lists.
    put: bool,
}

/// Whether a view looks into lists of whole values, which are kept as JSON unless one does.
pub(crate) fn reads_lists(rules: &[Rule], root: RuleId, copies: &[Copy], routed: bool, paths: &[Vec<&Path>]) -> bool {
    paths.iter().any(|parts| {
        let start = Reached { rules: vec![root], opaque: false, put: routed };
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
    let is_member = matches!(step.select, Select::Member);
    let keyed = |op| match op {
        Op::Drop => true,
        Op::Items => !(at.put && is_member),
        Op::By | Op::Calls | Op::Content | Op::Parts | Op::Slot | Op::ToolCalls => !at.put,
        _ => false,
    };
    let opaque = at.opaque || copied || !ops.clone().all(|op| keyed(op) || op == Op::Object);
    let whole = opaque || !ops.clone().all(keyed);
    // Parts and whole calls are put.
    let put = at.put || ops.any(|op| matches!(op, Op::Calls | Op::Parts));
    let variants = found.iter().filter_map(|id| rules.get(*id as usize)?.variants.as_deref());
    let variants: Vec<RuleId> = variants.flat_map(|variants| variants.rules.iter().map(|rule| rule.1)).collect();
    let reached = found.iter().chain(&variants).copied().collect();
    (is_member || !whole).then_some(Reached { rules: reached, opaque, put })
}
