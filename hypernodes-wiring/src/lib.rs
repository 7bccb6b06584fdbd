//! hypernodes-wiring
