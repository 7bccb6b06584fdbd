//! Just enough of an HTTP client, so that a test can also say what no real one would.

use std::io::{Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::time::Duration;

pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) head: String,
    pub(crate) body: String,
}

impl Answer {
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        self.head.lines().find_map(|line| {
            let (found, value) = line.split_once(':')?;
            found.eq_ignore_ascii_case(name).then(|| value.trim())
        })
    }
}

/// Asks with these words, and reads until the server has nothing more to say.
pub(crate) fn ask(addr: SocketAddr, words: &str) -> Answer {
    let mut stream = TcpStream::connect(addr).expect("somebody listens");
    let patience = Some(Duration::from_secs(120));
    stream.set_read_timeout(patience).expect("a time");
    stream.write_all(words.as_bytes()).expect("it is taken");
    let mut bytes = Vec::new();
    let mut part = [0; 4096];
    // A server that has refused a request may close while it is still being sent.
    while let Ok(n @ 1..) = stream.read(&mut part) {
        bytes.extend_from_slice(&part[..n]);
        if is_whole(&bytes) {
            break;
        }
    }
    let text = String::from_utf8(bytes).expect("text");
    let (head, body) = text.split_once("\r\n\r\n").unwrap_or((&text, ""));
    let status = head.split(' ').nth(1).and_then(|code| code.parse().ok());
    Answer {
        status: status.unwrap_or(0),
        head: head.to_owned(),
        body: body.to_owned(),
    }
}

pub(crate) fn get(addr: SocketAddr, path: &str) -> Answer {
    ask(
        addr,
        &format!("GET {path} HTTP/1.1\r\nhost: {addr}\r\n\r\n"),
    )
}

/// Some servers keep the connection although they were asked not to.
fn is_whole(bytes: &[u8]) -> bool {
    let Some(end) = bytes.windows(4).position(|four| four == b"\r\n\r\n") else {
        return false;
    };
    let head = String::from_utf8_lossy(&bytes[..end]).to_ascii_lowercase();
    head.lines()
        .find_map(|line| line.strip_prefix("content-length:"))
        .and_then(|length| length.trim().parse::<usize>().ok())
        .is_some_and(|length| bytes.len() >= end + 4 + length)
}
