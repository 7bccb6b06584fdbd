//! Where a thread stands: whose pool it belongs to, what it computes, and how deep in the stack it is.

use std::cell::{Cell, RefCell};
use std::sync::{Arc, Weak};

use super::board::{Board, Entry};
use super::pool::Kind;

/// How many bytes deeper than the first job of a thread another job may begin and still count as begun at the bottom
/// of the stack. A job that rayon runs inside a waiting `join` begins a hundred bytes to kilobytes deeper.
const SLACK: usize = 64;

/// What a thread knows of itself.
#[derive(Default)]
struct Place {
    /// The engine and the pool that the thread belongs to.
    home: RefCell<Option<(Weak<Board>, Kind)>>,
    /// Whether the thread's work loop is running further down the stack.
    in_loop: Cell<bool>,
    /// How many chunks and steps are being computed on this stack.
    depth: Cell<usize>,
    /// Where on the stack the first job began: the invitation that each pool sends when it is made.
    bottom: Cell<Option<usize>>,
    /// What is being computed.
    current: RefCell<Option<Arc<Entry>>>,
}

thread_local! {
    static PLACE: Place = Place::default();
}

/// Makes this thread one of a pool's.
pub(super) fn settle(board: Weak<Board>, kind: Kind) {
    PLACE.with(|place| *place.home.borrow_mut() = Some((board, kind)));
}

/// The engine and the pool that this thread belongs to.
pub(super) fn home() -> Option<(Arc<Board>, Kind)> {
    PLACE.with(|place| {
        let home = place.home.borrow();
        let (board, kind) = home.as_ref()?;
        Some((board.upgrade()?, *kind))
    })
}

/// Whether this thread belongs to a pool of `board`.
pub(super) fn is_home(board: &Arc<Board>) -> bool {
    PLACE.with(|place| {
        place
            .home
            .borrow()
            .as_ref()
            .is_some_and(|(home, _)| std::ptr::eq(home.as_ptr(), Arc::as_ptr(board)))
    })
}

/// Whether the work loop runs further down this stack.
pub(super) fn is_in_loop() -> bool {
    PLACE.with(|place| place.in_loop.get())
}

/// Whether a job that just began may compute nodes: nothing else is being computed on this stack, neither by us nor by
/// a function that waits inside rayon.
///
/// What a function of the user does inside rayon cannot be seen, but how deep in the stack the job began can.
#[inline(never)]
pub(super) fn is_free() -> bool {
    let here = 0_u8;
    let here = std::ptr::from_ref(&here).addr();
    PLACE.with(|place| {
        let bottom = place.bottom.get().unwrap_or(here);
        place.bottom.set(Some(bottom));
        !place.in_loop.get() && place.depth.get() == 0 && bottom.abs_diff(here) <= SLACK
    })
}

/// What is being computed on this thread.
pub(super) fn current() -> Option<Arc<Entry>> {
    PLACE.with(|place| place.current.borrow().clone())
}

/// Marks the work loop of this thread while it lives.
pub(super) struct InLoop(());

impl InLoop {
    pub(super) fn enter() -> Self {
        PLACE.with(|place| place.in_loop.set(true));
        Self(())
    }
}

impl Drop for InLoop {
    fn drop(&mut self) {
        PLACE.with(|place| place.in_loop.set(false));
    }
}

/// Marks what is being computed on this thread while it lives.
pub(super) struct Computing {
    before: Option<Arc<Entry>>,
}

impl Computing {
    pub(super) fn begin(entry: &Arc<Entry>) -> Self {
        PLACE.with(|place| {
            place.depth.set(place.depth.get() + 1);
            Self {
                before: place.current.borrow_mut().replace(Arc::clone(entry)),
            }
        })
    }
}

impl Drop for Computing {
    fn drop(&mut self) {
        PLACE.with(|place| {
            place.depth.set(place.depth.get() - 1);
            *place.current.borrow_mut() = self.before.take();
        });
    }
}
