//! The frame of the page: its style, its script, and what it is allowed to do.

use sha2::{Digest, Sha256};

use super::escape::Esc;
use super::{header, parts, put};
use crate::RunRecord;

const STYLE: &str = include_str!("page.css");
const SCRIPT: &str = include_str!("page.js");

/// The page of a run that does not change.
pub(crate) fn still_html(record: &RunRecord) -> String {
    let (_, outcome) = header::outcome(record);
    let title = format!("{} – {outcome}", header::title(record));
    frame(&title, &policy(""), "", "", &parts(record))
}

/// The page that asks for the newest run again and again.
#[cfg(feature = "dashboard")]
pub(crate) fn live_html(record: Option<&RunRecord>) -> String {
    let bar = "<nav class=\"live\" aria-label=\"Runs\"><label for=\"run\">Run</label> \
        <select id=\"run\"><option value=\"\">the newest</option></select> \
        <span id=\"state\" role=\"status\">live</span></nav>\n";
    let (id, body) = record.map_or_else(
        || {
            let none = "<p class=\"none\">No run has begun yet. This page shows the first one when it does.</p>";
            (String::new(), none.to_owned())
        },
        |record| (record.run.to_string(), parts(record)),
    );
    let attributes = format!(" data-live data-shown=\"{id}\"");
    frame("hypernodes – live", &live_policy(), &attributes, bar, &body)
}

/// What the live page may do; a server can say more in a header than a page can.
#[cfg(feature = "dashboard")]
pub(crate) fn live_policy() -> String {
    policy(" connect-src 'self';")
}

fn frame(title: &str, policy: &str, attributes: &str, bar: &str, body: &str) -> String {
    let mut out = String::with_capacity(body.len() + STYLE.len() + SCRIPT.len() + 1024);
    put!(
        out,
        "<!doctype html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n\
        <meta http-equiv=\"Content-Security-Policy\" content=\"{policy}\">\n\
        <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n\
        <meta name=\"color-scheme\" content=\"light dark\">\n\
        <title>{}</title>\n<link rel=\"icon\" href=\"data:,\">\n<style>{STYLE}</style>\n</head>\n\
        <body{attributes}>\n{bar}<main>\n{body}</main>\n\
        <script>{SCRIPT}</script>\n</body>\n</html>\n",
        Esc(title)
    );
    out
}

fn policy(more: &str) -> String {
    format!(
        "default-src 'none'; script-src 'sha256-{}'; style-src 'sha256-{}'; img-src data:;{more} base-uri 'none'; form-action 'none'",
        base64(&Sha256::digest(SCRIPT)),
        base64(&Sha256::digest(STYLE))
    )
}

fn base64(bytes: &[u8]) -> String {
    const LETTERS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let mut out = String::new();
    for three in bytes.chunks(3) {
        let byte = |at: usize| u32::from(three.get(at).copied().unwrap_or(0));
        let bits = byte(0) << 16 | byte(1) << 8 | byte(2);
        for at in 0..4_usize {
            let letter = bits >> (18 - 6 * at) & 63;
            out.push(if at <= three.len() {
                char::from(LETTERS[letter as usize])
            } else {
                '='
            });
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::base64;

    #[test]
    fn base64_fills_up() {
        let texts = ["", "f", "fo", "foo", "foob", "fooba", "foobar"];
        assert_eq!(
            texts.map(|text| base64(text.as_bytes())),
            [
                "", "Zg==", "Zm8=", "Zm9v", "Zm9vYg==", "Zm9vYmE=", "Zm9vYmFy"
            ]
        );
    }
}
