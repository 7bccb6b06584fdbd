//! The engines side by side.

use super::Case;

pub(super) const GROUPS: &[Case] = &[];
