//! hypernodes-macros
