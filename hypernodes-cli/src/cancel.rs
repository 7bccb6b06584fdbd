//! Ctrl-C, or a request to end: no further symbol is begun, those under way end at their next step.

use std::sync::LazyLock;
use std::sync::atomic::{AtomicBool, Ordering};

use hypernodes::CancelToken;

static CANCELLED: AtomicBool = AtomicBool::new(false);
static TOKEN: LazyLock<CancelToken> = LazyLock::new(CancelToken::new);

/// What is cancelled by Ctrl-C, once somebody [listens](listen).
pub(crate) fn token() -> &'static CancelToken {
    &TOKEN
}

/// Listens for Ctrl-C, SIGTERM and SIGHUP from now on. The second one ends the process at once.
///
/// Where SIGHUP is ignored, as by `nohup`, it stays so; the others then end the process at once.
pub(crate) fn listen() {
    let heard = match ctrlc::try_set_handler(cancel) {
        Err(ctrlc::Error::MultipleHandlers | ctrlc::Error::System(_)) if !is_hangup_ignored() => {
            ctrlc::set_handler(cancel)
        }
        heard => heard,
    };
    if let Err(error) = heard {
        tracing::debug!("Ctrl-C ends the process at once: {error}");
    }
}

fn cancel() {
    if CANCELLED.swap(true, Ordering::SeqCst) {
        std::process::exit(crate::error::Exit::Cancelled as i32);
    }
    TOKEN.cancel();
}

/// Whether the process is to outlive its terminal; where that cannot be seen, it may.
fn is_hangup_ignored() -> bool {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let ignored = status.lines().find_map(|line| line.strip_prefix("SigIgn:"));
    let ignored = ignored.and_then(|set| u64::from_str_radix(set.trim(), 16).ok());
    ignored.is_none_or(|set| set & 1 != 0)
}
