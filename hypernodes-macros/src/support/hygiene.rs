//! Names that cannot meet the user's, and names that must not be taken.

use std::collections::BTreeMap;
use std::sync::{Mutex, PoisonError};

use proc_macro2::{Ident, Span, TokenStream, TokenTree};
use quote::format_ident;
use syn::ext::IdentExt;

use super::tokens::hash_words;

/// A local variable of generated code: invisible to the user's tokens.
pub(crate) fn local(prefix: &str, index: usize) -> Ident {
    format_ident!("{prefix}{index}", span = Span::mixed_site())
}

/// The place of `at`, with the name resolution of generated code, whose lints are not the user's.
pub(crate) fn generated_at(at: Span) -> Span {
    at.resolved_at(Span::call_site())
}

/// The place of `at`, for local variables and absolute paths of generated code.
pub(crate) fn local_at(at: Span) -> Span {
    at.resolved_at(Span::mixed_site())
}

/// An identifier with this name, raw where the name is a keyword.
pub(crate) fn ident(name: &str, span: Span) -> Ident {
    if syn::parse_str::<Ident>(name).is_ok() {
        Ident::new(name, span)
    } else {
        Ident::new_raw(name, span)
    }
}

/// The same tokens at another place, for paths whose errors belong to the user's tokens.
pub(crate) fn moved_to(tokens: &TokenStream, at: Span) -> TokenStream {
    let moved = |mut token: TokenTree| {
        token.set_span(local_at(at));
        token
    };
    tokens.clone().into_iter().map(moved).collect()
}

/// The same identifier, at its place, with the name resolution of generated code.
pub(crate) fn generated(ident: &Ident) -> Ident {
    let mut ident = ident.clone();
    ident.set_span(generated_at(ident.span()));
    ident
}

/// Whether an identifier, raw or not, can have this name.
pub(crate) fn can_be_ident(name: &str) -> bool {
    hypernodes_wiring::is_value_name(name) && !matches!(name, "self" | "Self" | "super" | "crate")
}

/// A name for a macro at the root of the user's crate, unique in it.
///
/// Made of the place of the item, so that it changes with its file only; a count tells apart items that one
/// `macro_rules!` makes at one place.
pub(crate) fn unique_macro(item: &Ident) -> Ident {
    let name = item.unraw().to_string();
    if !proc_macro::is_available() {
        return format_ident!("__hypernodes_{name}");
    }
    let span = item.span().unwrap();
    let place = hash_words(&[
        &span.file(),
        &span.line().to_string(),
        &span.column().to_string(),
        &name,
    ]);
    static SEEN: Mutex<BTreeMap<u64, usize>> = Mutex::new(BTreeMap::new());
    let mut seen = SEEN.lock().unwrap_or_else(PoisonError::into_inner);
    let count = seen
        .entry(place)
        .and_modify(|count| *count += 1)
        .or_insert(0);
    if *count == 0 {
        format_ident!("__hypernodes_{name}_{place:016x}")
    } else {
        format_ident!("__hypernodes_{name}_{place:016x}_{count}")
    }
}

/// The name under which the macro that tells a node's signature stands beside the function.
///
/// It is the function's own name, so that one `use` brings both, but for the names of common macros: to hide those would
/// break code that has nothing to do with the node.
pub(crate) fn signature_macro(item: &Ident) -> Ident {
    let name = item.unraw().to_string();
    if is_common_macro(&name) {
        format_ident!("__signature_of_{name}", span = item.span())
    } else {
        item.clone()
    }
}

/// Macros that everybody has in scope: those of std, and ours.
fn is_common_macro(name: &str) -> bool {
    const NAMES: &[&str] = &[
        "assert",
        "assert_eq",
        "assert_ne",
        "cfg",
        "column",
        "compile_error",
        "concat",
        "dbg",
        "debug_assert",
        "debug_assert_eq",
        "debug_assert_ne",
        "env",
        "eprint",
        "eprintln",
        "file",
        "format",
        "format_args",
        "include",
        "include_bytes",
        "include_str",
        "line",
        "matches",
        "module_path",
        "option_env",
        "panic",
        "print",
        "println",
        "stringify",
        "thread_local",
        "todo",
        "unimplemented",
        "unreachable",
        "vec",
        "write",
        "writeln",
        "inputs",
        "node_fn",
        "nodes",
        "pipeline",
    ];
    NAMES.contains(&name)
}

/// Types and crates that every scope knows: a node of such a name would hide them, because its type has that name too.
pub(crate) fn hides(name: &str) -> Option<&'static str> {
    const TYPES: &[&str] = &[
        "bool", "char", "str", "u8", "u16", "u32", "u64", "u128", "usize", "i8", "i16", "i32",
        "i64", "i128", "isize", "f16", "f32", "f64", "f128",
    ];
    const CRATES: &[&str] = &["std", "core", "alloc", "hypernodes"];
    if TYPES.contains(&name) {
        Some("primitive type")
    } else if CRATES.contains(&name) {
        Some("crate")
    } else {
        None
    }
}
