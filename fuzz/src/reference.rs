//! The event stream format as the standard words it, with nothing that makes it fast: what the decoder is compared with.
//! <https://html.spec.whatwg.org/multipage/server-sent-events.html#event-stream-interpretation>

/// What is decoded of a whole body.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Events {
    /// Type, data, last event ID and the retry set within the event.
    pub(crate) rows: Vec<(String, String, String, Option<u64>)>,
    pub(crate) id: String,
    pub(crate) retry: Option<u64>,
    pub(crate) comments: u64,
}

/// The events of a body; what lacks its blank line is none.
#[expect(clippy::disallowed_methods, reason = "the decoder's own is what this is compared with")]
pub(crate) fn events(body: &[u8]) -> Events {
    let text = String::from_utf8_lossy(body);
    let text = text.strip_prefix('\u{feff}').unwrap_or(&text);
    let (mut found, mut data, mut kind, mut id, mut retry) =
        (Events::default(), String::new(), String::new(), String::new(), None);
    for line in lines(text) {
        if line.is_empty() {
            found.id.clone_from(&id);
            if let Some(data) = data.strip_suffix('\n') {
                let kind = if kind.is_empty() { "message" } else { &kind };
                found.rows.push((kind.to_owned(), data.to_owned(), id.clone(), retry));
            }
            data.clear();
            kind.clear();
            retry = None;
            continue;
        }
        let (field, value) = line.split_once(':').unwrap_or((line, ""));
        let value = value.strip_prefix(' ').unwrap_or(value);
        match field {
            "" => found.comments += 1,
            "data" => data.extend([value, "\n"]),
            "event" => value.clone_into(&mut kind),
            "id" if !value.contains('\0') => value.clone_into(&mut id),
            "retry" if value.bytes().all(|byte| byte.is_ascii_digit()) => {
                // Ours is ignored above 18 digits, where the standard has no bound.
                if let Some(time) = value.parse().ok().filter(|time| *time < 10_u64.pow(18)) {
                    (retry, found.retry) = (Some(time), Some(time));
                }
            }
            _ => {}
        }
    }
    found
}

/// The lines that are ended: by CR LF, LF or CR.
fn lines(text: &str) -> impl Iterator<Item = &str> {
    let text = text.trim_end_matches(|last| last != '\r' && last != '\n');
    let mut rest = Some(text).filter(|text| !text.is_empty());
    std::iter::from_fn(move || {
        let text = rest?;
        let at = text.find(['\r', '\n'])?;
        let (line, end) = text.split_at(at);
        rest = Some(end.strip_prefix("\r\n").unwrap_or(&end[1..])).filter(|text| !text.is_empty());
        Some(line)
    })
}
