//! Writes the streams that the inputs of the corpora stand for, so that others can be given them: `bodies CORPUS FOLDER`.

use std::path::Path;
use std::{env, fs, io};

fn main() -> io::Result<()> {
    let mut arguments = env::args().skip(1);
    let (Some(corpus), Some(folder)) = (arguments.next(), arguments.next()) else {
        return Err(io::Error::other("usage: bodies CORPUS FOLDER"));
    };
    for target in ssefold_fuzz::targets() {
        let folder = Path::new(&folder).join(&target);
        fs::create_dir_all(&folder)?;
        for entry in fs::read_dir(Path::new(&corpus).join(&target))? {
            let path = entry?.path();
            let name = folder.join(path.file_name().unwrap_or_default());
            let Some((table, body)) = ssefold_fuzz::body(&target, &fs::read(&path)?) else { continue };
            fs::write(name.with_extension("body"), body)?;
            if let Some(table) = table {
                fs::write(name.with_extension("toml"), table)?;
            }
        }
    }
    Ok(())
}
