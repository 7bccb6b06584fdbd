//! Whether a request was meant for this server.
//!
//! A page of somebody else may give its own name the address of this machine (DNS rebinding), and then read what it
//! answers. The name is still in the request.

use std::net::{IpAddr, SocketAddr};

/// Which names a server answers to.
#[derive(Clone, Copy, Debug)]
pub(super) struct Hosts {
    ip: IpAddr,
    is_loopback: bool,
}

impl Hosts {
    pub(super) fn new(bound: SocketAddr) -> Self {
        let ip = bound.ip().to_canonical();
        Self {
            ip,
            is_loopback: ip.is_loopback(),
        }
    }

    /// Whether it answers to what a request says: `localhost:8080`, `127.0.0.1`, `[::1]:80`.
    ///
    /// The port does not matter: a tunnel may have changed it. Bound to an address that others reach, every name is right.
    pub(super) fn answers_to(self, host: &str) -> bool {
        if !self.is_loopback {
            return true;
        }
        let Some(name) = without_port(host) else {
            return false;
        };
        if name.eq_ignore_ascii_case("localhost") {
            return true;
        }
        let address = match name.strip_prefix('[') {
            Some(inner) => inner.strip_suffix(']').unwrap_or_default(),
            None => name,
        };
        address
            .parse::<IpAddr>()
            .is_ok_and(|ip| ip == self.ip || ip == IpAddr::from([127, 0, 0, 1]) || ip == V6)
    }
}

const V6: IpAddr = IpAddr::V6(std::net::Ipv6Addr::LOCALHOST);

fn without_port(host: &str) -> Option<&str> {
    let end = match host.rfind(']') {
        Some(bracket) => bracket + 1,
        None => host.find(':').unwrap_or(host.len()),
    };
    let (name, port) = host.split_at(end);
    match port.strip_prefix(':') {
        None => port.is_empty().then_some(name),
        Some(digits) => digits.bytes().all(|b| b.is_ascii_digit()).then_some(name),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_loopback_server_answers_to_its_own_names_only() {
        let hosts = Hosts::new(SocketAddr::from(([127, 0, 0, 2], 80)));
        for good in [
            "localhost",
            "LOCALHOST:1",
            "127.0.0.1",
            "127.0.0.1:8080",
            "127.0.0.2",
            "[::1]",
            "[::1]:80",
        ] {
            assert!(hosts.answers_to(good), "{good}");
        }
        for bad in [
            "",
            "evil.example",
            "localhost.evil.example",
            "evil.example:80",
            "127.0.0.1.evil.example",
            "127.0.0.3",
            "localhost:80:90",
            "localhost:x",
            "[::1",
            "[::1]x",
            "[::2]",
            "user@localhost",
        ] {
            assert!(!hosts.answers_to(bad), "{bad}");
        }
    }

    #[test]
    fn a_mapped_loopback_address_is_one() {
        let bound: SocketAddr = "[::ffff:127.0.0.1]:80".parse().expect("an address");
        assert!(!Hosts::new(bound).answers_to("evil.example"));
    }

    #[test]
    fn a_server_that_others_reach_answers_to_every_name() {
        assert!(Hosts::new(SocketAddr::from(([0, 0, 0, 0], 80))).answers_to("box.example:80"));
    }
}
