//! Where a member or item stands, as a snapshot taken now would have it.

use std::sync::Arc;

use super::document::{Document, MEMBER, Node, NodeId, ROOT};
use crate::delta::Step;

/// Paths found lately: those of a stream are few, and repeat with every event.
const KEPT: usize = 8;

/// An object or list, and the member or item of it.
type Place = (NodeId, u32);

/// The paths found since items last came or went.
#[derive(Default)]
pub(crate) struct Cache {
    layout: u64,
    paths: Vec<(Place, Arc<[Step]>)>,
    root: Option<Arc<[Step]>>,
}

impl Cache {
    /// Ready for another message.
    pub(super) fn forget(&mut self) {
        self.layout = 0;
        self.paths.clear();
    }

    /// The path of a place; None for the message itself.
    pub(crate) fn path_of(&mut self, document: &Document, place: Option<Place>) -> Arc<[Step]> {
        let Some(place) = place else {
            return Arc::clone(self.root.get_or_insert_with(|| [].into()));
        };
        if self.layout != document.layout {
            self.layout = document.layout;
            self.paths.clear();
        }
        // What is cut short now may be whole again without an item coming or going.
        if document.replaced {
            return steps_within(document, place).into();
        }
        if let Some((_, path)) = self.paths.iter().find(|known| known.0 == place) {
            return Arc::clone(path);
        }
        let path: Arc<[Step]> = steps(document, place).into();
        if self.paths.len() == KEPT {
            self.paths.remove(0);
        }
        self.paths.push((place, Arc::clone(&path)));
        path
    }
}

fn steps(document: &Document, mut place: Place) -> Vec<Step> {
    let mut steps = Vec::new();
    loop {
        let (parent, key) = place;
        steps.push(match (key & MEMBER, document.node(parent)) {
            (0, Node::Items(items)) => Step::Index(items.place(key)),
            (0, _) => Step::Index(key),
            _ => Step::Key(document.keys.shared(key & !MEMBER)),
        });
        if parent == ROOT {
            break;
        }
        place = document.place(parent);
    }
    steps.reverse();
    steps
}

/// How much of a path a snapshot has: what was queued for may have been replaced since.
fn steps_within(document: &Document, mut place: Place) -> Vec<Step> {
    let mut keys = vec![place.1];
    while place.0 != ROOT {
        place = document.place(place.0);
        keys.push(place.1);
    }
    let (mut at, mut whole) = (ROOT, false);
    let found = keys.into_iter().rev().map_while(|key| {
        if whole {
            return None;
        }
        // Nothing is merged into what a list holds whole.
        whole = matches!(document.node(at), Node::List(_));
        let (step, next) = match (key & MEMBER, document.node(at)) {
            (0, Node::Items(items)) => (Step::Index(items.place(key)), items.node(key)),
            (0, _) => (Step::Index(key), document.items(at).get(key as usize).copied()),
            _ => {
                let key = key & !MEMBER;
                (Step::Key(document.keys.shared(key)), document.member(at, key))
            }
        };
        at = next?;
        Some(step)
    });
    found.collect()
}
