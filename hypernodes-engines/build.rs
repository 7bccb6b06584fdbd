//! Says where the Process engine can be had: `cfg(hypernodes_process)`.
//!
//! `RUSTFLAGS="--cfg hypernodes_no_process"` builds what other systems get, so that it can be tested anywhere.

fn main() {
    println!("cargo::rerun-if-changed=build.rs");
    println!("cargo::rustc-check-cfg=cfg(hypernodes_process)");
    let is_set = |name: &str| std::env::var_os(name).is_some();
    let is_linux = std::env::var("CARGO_CFG_TARGET_OS").is_ok_and(|os| os == "linux");
    if is_set("CARGO_FEATURE_PROCESS") && is_linux && !is_set("CARGO_CFG_HYPERNODES_NO_PROCESS") {
        println!("cargo::rustc-cfg=hypernodes_process");
    }
}
