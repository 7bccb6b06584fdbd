//! hypernodes-engines
