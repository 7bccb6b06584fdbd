//! Sleeping until somebody cancels.

use super::super::model::{World, thread};
use super::{LONG, cancel_soon, explore};
use crate::CancelToken;

fn sleepers(token: &CancelToken) -> Vec<thread::JoinHandle<bool>> {
    let sleeper = |_| {
        let token = token.clone();
        thread::spawn(move || token.sleep(LONG))
    };
    (0..2).map(sleeper).collect()
}

#[test]
fn a_request_wakes_everybody_who_sleeps() {
    explore(3000, || {
        World::still().begin();
        let token = CancelToken::new();
        let sleepers = sleepers(&token);
        let canceller = cancel_soon(&token);
        for sleeper in sleepers {
            assert!(
                sleeper.join().expect("it only sleeps"),
                "nothing else can wake it"
            );
        }
        canceller.join().expect("it only cancels");
    });
}

#[test]
fn a_sleep_ends_by_itself() {
    explore(1000, || {
        World::moving().begin();
        let token = CancelToken::new();
        for sleeper in sleepers(&token) {
            assert!(!sleeper.join().expect("it only sleeps"), "nobody cancels");
        }
    });
}
