//! hypernodes-trading
