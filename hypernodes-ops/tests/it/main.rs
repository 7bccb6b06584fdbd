//! Tests of the public interface.

mod fake;
