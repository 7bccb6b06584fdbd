//! A node made of a signature and a function over chunks: what the macros generate.

use std::fmt;

use super::{Call, Node, Signature};
use crate::remote::Registered;

type ChunkFn = Box<dyn for<'a, 'b> Fn(&'a mut Call<'b>) + Send + Sync>;
#[cfg(feature = "async")]
type AsyncChunkFn =
    Box<dyn for<'a, 'b> Fn(&'a mut Call<'b>) -> crate::BoxFuture<'a, ()> + Send + Sync>;

/// A node made of a signature and a function over chunks.
pub struct FnNode {
    signature: Signature,
    registered: Option<&'static Registered>,
    call: ChunkFn,
    #[cfg(feature = "async")]
    call_async: Option<AsyncChunkFn>,
}

impl FnNode {
    /// A node that computes its chunks with `call`.
    #[must_use]
    pub fn new(
        signature: Signature,
        call: impl for<'a, 'b> Fn(&'a mut Call<'b>) + Send + Sync + 'static,
    ) -> Self {
        Self {
            signature,
            registered: None,
            call: Box::new(call),
            #[cfg(feature = "async")]
            call_async: None,
        }
    }

    /// A node that computes its chunks asynchronously.
    #[cfg(feature = "async")]
    #[must_use]
    pub fn new_async(
        signature: Signature,
        call: impl for<'a, 'b> Fn(&'a mut Call<'b>) -> crate::BoxFuture<'a, ()> + Send + Sync + 'static,
    ) -> Self {
        let name = signature.name.clone();
        Self {
            signature,
            registered: None,
            call: Box::new(move |_| {
                unreachable!("async node `{name}` is driven through `call_async`")
            }),
            call_async: Some(Box::new(call)),
        }
    }

    /// Says that this node is what an entry of the registry makes.
    #[doc(hidden)]
    #[must_use]
    pub fn registered(mut self, entry: &'static Registered) -> Self {
        self.registered = Some(entry);
        self
    }

    /// The entry of the registry that makes this node.
    pub(crate) fn entry(&self) -> Option<&'static Registered> {
        self.registered
    }
}

impl Node for FnNode {
    fn signature(&self) -> &Signature {
        &self.signature
    }

    fn call(&self, call: &mut Call<'_>) {
        (self.call)(call);
    }

    #[cfg(feature = "async")]
    fn call_async<'a>(&'a self, call: &'a mut Call<'_>) -> Option<crate::BoxFuture<'a, ()>> {
        self.call_async.as_ref().map(|f| f(call))
    }
}

impl fmt::Debug for FnNode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("FnNode")
            .field("signature", &self.signature)
            .finish_non_exhaustive()
    }
}
