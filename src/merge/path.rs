//! Where a member or item stands, as a snapshot taken now would have it.

use std::collections::HashMap;
use std::sync::Arc;

use super::document::{Document, Node, NodeId, ROOT};
use crate::delta::Step;

/// Paths found lately: those of a stream are few, and repeat with every event.
const KEPT: usize = 8;

/// The paths found since items last came or went.
#[derive(Default)]
pub(crate) struct Cache {
    layout: u64,
    paths: Vec<((NodeId, u32), Arc<[Step]>)>,
    places: HashMap<NodeId, Vec<u32>>,
    root: Option<Arc<[Step]>>,
}

impl Cache {
    /// The path of a place: an object or list, and the member or item of it; None for the message itself.
    pub(crate) fn path_of(&mut self, document: &Document, place: Option<(NodeId, u32)>) -> Arc<[Step]> {
        let Some(place) = place else {
            return Arc::clone(self.root.get_or_insert_with(|| [].into()));
        };
        if self.layout != document.layout {
            self.layout = document.layout;
            self.paths.clear();
            self.places.clear();
        }
        if let Some((_, path)) = self.paths.iter().find(|known| known.0 == place) {
            return Arc::clone(path);
        }
        let path: Arc<[Step]> = self.steps(document, place).into();
        if self.paths.len() == KEPT {
            self.paths.remove(0);
        }
        self.paths.push((place, Arc::clone(&path)));
        path
    }

    fn steps(&mut self, document: &Document, mut place: (NodeId, u32)) -> Vec<Step> {
        let mut steps = Vec::new();
        loop {
            let (parent, key) = place;
            steps.push(match document.node(parent) {
                Node::Object(_) => Step::Key(document.keys.shared(key).cloned().unwrap_or_default()),
                Node::Items(items) if items.numeric => {
                    let places = self.places.entry(parent).or_insert_with(|| items.places());
                    Step::Index(places.get(key as usize).copied().unwrap_or(key))
                }
                _ => Step::Index(key),
            });
            if parent == ROOT {
                break;
            }
            place = document.place(parent);
        }
        steps.reverse();
        steps
    }
}
