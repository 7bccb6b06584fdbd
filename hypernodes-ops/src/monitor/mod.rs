//! Watches CPUs, memory and disk, and tells when one is short.

mod probe;
mod resource_monitor;

pub use probe::{Probe, Reading, SystemProbe};
pub use resource_monitor::{Crossing, MonitorConfig, ResourceKind, ResourceMonitor, Sample};
