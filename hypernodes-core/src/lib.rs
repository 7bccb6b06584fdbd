//! hypernodes-core
