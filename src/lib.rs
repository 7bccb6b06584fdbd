//! hypernodes
