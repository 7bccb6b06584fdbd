//! Which crate may depend on which: the arrows of ARCHITECTURE.md, and nothing points the other way.

use crate::manifest::Manifest;

/// A crate of this workspace, and those that it may depend on.
const ARROWS: &[(&str, &[&str])] = &[
    ("hypernodes-wiring", &[]),
    ("hypernodes-macros", &["hypernodes-wiring"]),
    (
        "hypernodes-core",
        &["hypernodes-wiring", "hypernodes-macros"],
    ),
    ("hypernodes-engines", &["hypernodes-core"]),
    ("hypernodes-ops", &["hypernodes-core"]),
    ("hypernodes-trading", &["hypernodes-core"]),
    (
        "hypernodes",
        &[
            "hypernodes-core",
            "hypernodes-engines",
            "hypernodes-ops",
            "hypernodes-trading",
        ],
    ),
    ("hypernodes-cli", &["hypernodes"]),
    ("hypernodes-ui", &["hypernodes"]),
    // Benchmarks may look behind the facade.
    (
        "hypernodes-benches",
        &[
            "hypernodes",
            "hypernodes-core",
            "hypernodes-engines",
            "hypernodes-ops",
            "hypernodes-trading",
            "hypernodes-wiring",
        ],
    ),
    ("xtask", &[]),
];

/// What is wrong with the dependencies of a crate.
pub(crate) fn problems(manifest: &Manifest) -> Vec<String> {
    let Some(package) = manifest.package() else {
        return vec!["it has no package name".to_owned()];
    };
    let Some((_, allowed)) = ARROWS.iter().find(|(name, _)| *name == package) else {
        return vec![format!(
            "`{package}` is new: say in xtask/src/arrows.rs what it may depend on"
        )];
    };
    let is_ours = |name: &&str| ARROWS.iter().any(|(ours, _)| ours == name);
    let wrong = manifest
        .dependencies()
        .into_iter()
        .filter(is_ours)
        .filter(|name| !allowed.contains(name));
    wrong
        .map(|name| format!("`{package}` must not depend on `{name}`"))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_arrow_that_points_up_is_told() {
        let manifest = |package: &str, dependency: &str| {
            Manifest::parse(&format!(
                "[package]\nname = \"{package}\"\n[dev-dependencies]\n{dependency} = \"1\""
            ))
        };
        assert_eq!(
            problems(&manifest("hypernodes-engines", "hypernodes-core")),
            [""; 0]
        );
        assert_eq!(problems(&manifest("hypernodes-core", "serde")), [""; 0]);
        assert_eq!(
            problems(&manifest("hypernodes-trading", "hypernodes-engines")),
            ["`hypernodes-trading` must not depend on `hypernodes-engines`"],
        );
        assert_eq!(
            problems(&manifest("hypernodes-core", "hypernodes-engines")),
            ["`hypernodes-core` must not depend on `hypernodes-engines`"],
        );
    }
}
