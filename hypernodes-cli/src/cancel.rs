//! Ctrl-C: no further symbol is begun, those under way are finished.

use std::sync::atomic::{AtomicBool, Ordering};

static CANCELLED: AtomicBool = AtomicBool::new(false);

/// Listens for Ctrl-C from now on. The second one ends the process at once.
pub(crate) fn listen() {
    let heard = ctrlc::set_handler(|| {
        if CANCELLED.swap(true, Ordering::SeqCst) {
            std::process::exit(crate::error::Exit::Cancelled as i32);
        }
    });
    if let Err(error) = heard {
        tracing::debug!("Ctrl-C ends the process at once: {error}");
    }
}

/// Whether Ctrl-C was pressed.
pub(crate) fn is_cancelled() -> bool {
    CANCELLED.load(Ordering::SeqCst)
}
