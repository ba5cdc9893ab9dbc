//! The corpora, input by input: what was found stays fixed, on any toolchain.

use std::fs;
use std::path::Path;

#[test]
fn corpora() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("target/corpus");
    for target in ssefold_fuzz::targets() {
        let folder = root.join(&target);
        let entries = fs::read_dir(&folder).unwrap_or_else(|error| panic!("{}: {error}", folder.display()));
        let paths: Vec<_> = entries.map(|entry| entry.unwrap().path()).collect();
        assert!(paths.len() > 3, "{target}: only {} inputs", paths.len());
        for path in paths {
            let data = fs::read(&path).unwrap();
            let outcome = std::panic::catch_unwind(|| ssefold_fuzz::run(&target, &data));
            assert!(outcome.is_ok(), "{target} fails on {}", path.display());
        }
    }
}
