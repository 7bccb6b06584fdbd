//! What a cancelled map tells when chunks end in another order than they begin.

use std::sync::Arc;

use hypernodes::prelude::*;
use hypernodes::{
    CancelToken, Capabilities, Engine, EngineError, Error, Feed, Plan, RunError, Sizing,
};

/// Computes the second of two chunks, cancels, and computes the first.
#[derive(Debug, Default)]
struct SecondFirst {
    capabilities: Capabilities,
    token: CancelToken,
}

impl Engine for SecondFirst {
    fn name(&self) -> &str {
        "second first"
    }

    fn capabilities(&self) -> &Capabilities {
        &self.capabilities
    }

    fn sizing(&self, _: &Plan, _: usize) -> Sizing {
        Sizing {
            fixed: Some(2),
            ..Sizing::default()
        }
    }

    fn drive(&self, feed: &Arc<Feed>) -> Result<(), EngineError> {
        let (mut first, mut second) = (feed.next().unwrap(), feed.next().unwrap());
        let outcome = feed.execute(&mut second);
        feed.put(second, outcome);
        self.token.cancel();
        let outcome = feed.execute(&mut first);
        feed.put(first, outcome);
        Ok(())
    }
}

#[test]
fn a_failure_after_a_cancelled_item_is_not_told_for_the_lowest() {
    let engine = SecondFirst::default();
    let all_fail = node_fn!("y", |x: u64| -> Result<u64, String> {
        Err(format!("item {x}"))
    });
    let p = Pipeline::new("p", nodes![{ all_fail }])
        .unwrap()
        .with_cancel(&engine.token)
        .with_engine(engine);
    let error = p.map(inputs! { x: [0_u64, 1] }, ["x"]).unwrap_err();
    // Item 0 would fail too.
    let Error::Run(RunError::Cancelled { done: 0, finished }) = error else {
        panic!("{error}");
    };
    assert_eq!(finished.unwrap().len(), 0);
}
