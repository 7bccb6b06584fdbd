//! What both macros need: collected errors, the path of the runtime, fresh names, the item kept on an error.

pub(crate) mod ctxt;
pub(crate) mod fallback;
pub(crate) mod hygiene;
pub(crate) mod path;
pub(crate) mod tokens;
