use std::collections::BTreeMap;

use proptest::prelude::*;
use serde::{Deserialize, Serialize};

use super::*;

fn arg<T: PortValue>(values: Vec<T>) -> Arg {
    Arg::dense(Column::from_vec(values))
}

fn key<T: PortValue + Serialize + DeserializeOwned>(value: T) -> Key {
    Codec::of::<T>().keys(&arg(vec![value]), 1).expect("a key")[0]
}

/// The key without the name of the type: what the structure alone tells apart.
fn shape<T: Serialize>(value: &T) -> Key {
    Digest::new("").key(value).expect("a key")
}

fn round_trip<T: PortValue + Serialize + DeserializeOwned>(values: Vec<T>) -> Vec<T> {
    let (codec, rows) = (Codec::of::<T>(), values.len());
    let mut bytes = Vec::new();
    codec
        .encode(&arg(values), rows, &mut bytes)
        .expect("encodes");
    codec.decode(&bytes, rows).expect("decodes").into_vec::<T>()
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
struct Bar {
    name: String,
    close: Option<f64>,
    side: Side,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
enum Side {
    Buy,
    Sell { limit: u32 },
    Swap(u8, u8),
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
struct Unit;

fn bars() -> Vec<Bar> {
    let bar = |name: &str, close, side| Bar {
        name: name.to_owned(),
        close,
        side,
    };
    vec![
        bar("", None, Side::Buy),
        bar("a", Some(0.5), Side::Sell { limit: 7 }),
        bar("b", Some(f64::INFINITY), Side::Swap(1, 2)),
    ]
}

#[test]
fn values_come_back_bit_for_bit() {
    let floats = [
        0.0,
        -0.0,
        f64::from_bits(0x7ff8_0000_0000_0001),
        f64::from_bits(0xfff4_dead_beef_0001),
        f64::MIN_POSITIVE / 2.0,
    ];
    let back = round_trip(floats.to_vec());
    assert_eq!(back.map_bits(), floats.to_vec().map_bits());
    let words = vec![vec![], vec!["".to_owned(), "é".to_owned()]];
    assert_eq!(round_trip(vec![words.clone()]), [words]);
    assert_eq!(round_trip(vec![None::<u8>, Some(3)]), [None, Some(3)]);
    assert_eq!(round_trip(vec![None::<u8>]), [None]);
    assert_eq!(round_trip(bars()), bars());
    assert_eq!(round_trip(Vec::<Bar>::new()), []);
    assert_eq!(round_trip(vec![(), (), ()]), [(), (), ()]);
    assert_eq!(round_trip(vec![Unit, Unit]), [Unit, Unit]);
    assert_eq!(
        round_trip(vec![(1_u8, 'x', i128::MIN)]),
        [(1, 'x', i128::MIN)]
    );
}

trait Bits {
    fn map_bits(self) -> Vec<u64>;
}
impl Bits for Vec<f64> {
    fn map_bits(self) -> Vec<u64> {
        self.into_iter().map(f64::to_bits).collect()
    }
}

#[test]
fn every_view_is_encoded_and_hashed_row_by_row() {
    let column = Column::from_vec(vec![vec![1_u8, 2], vec![3, 4, 5]]);
    let with = |rows| Arg {
        column: column.clone(),
        rows,
    };
    let codec = Codec::of::<u8>();
    let paths = [[1, 2, 0, 0, 0], [0, 1, 0, 0, 0]].into();
    let cases = [
        (with(Rows::Within { list: 1, start: 1 }), [4, 5]),
        (with(Rows::Deep { depth: 1, paths }), [5, 2]),
        (Arg::broadcast(Column::one(9_u8)), [9, 9]),
        (
            Arg {
                column: Column::from_vec(vec![6_u8, 7]),
                rows: Rows::Select([1, 0].into()),
            },
            [7, 6],
        ),
    ];
    for (arg, wanted) in cases {
        let mut bytes = vec![77];
        codec.encode(&arg, 2, &mut bytes).expect("encodes");
        assert_eq!(bytes, [77, wanted[0], wanted[1]]);
        bytes.clear();
        codec.encode_row(&arg, 1, &mut bytes).expect("encodes");
        assert_eq!(bytes, [wanted[1]]);
        assert_eq!(
            codec.keys(&arg, 2).expect("keys"),
            [key(wanted[0]), key(wanted[1])]
        );
        assert_eq!(codec.keys(&arg, 0).expect("no keys"), []);
    }
}

#[test]
fn the_tower_of_lists_ends_after_four_levels() {
    let mut codec = Codec::of::<u8>();
    for _ in 0..4 {
        let list = codec.list().expect("within the tower");
        assert_eq!(Some(list.port()), codec.port().list());
        codec = list;
    }
    assert!(codec.list().is_none());
    let deep = vec![vec![vec![vec![1_u8, 2]], vec![]]];
    let mut bytes = Vec::new();
    codec
        .encode(&arg(vec![deep.clone()]), 1, &mut bytes)
        .expect("encodes");
    let back = codec.decode(&bytes, 1).expect("decodes");
    assert_eq!(back.port(), codec.port());
    assert_eq!(back.into_vec::<Vec<Vec<Vec<Vec<u8>>>>>(), [deep]);
}

#[test]
fn values_that_look_alike_have_different_keys() {
    #[derive(Serialize)]
    struct A {
        x: u8,
    }
    #[derive(Serialize)]
    struct B {
        x: u8,
    }
    #[derive(Serialize)]
    struct C {
        y: u8,
    }
    #[derive(Serialize)]
    struct New(u8);
    #[derive(Serialize)]
    enum E {
        P,
        Q,
        R(u8),
        S { x: u8 },
    }
    let shapes = [
        shape(&1_i8),
        shape(&1_i16),
        shape(&1_i32),
        shape(&1_i64),
        shape(&1_i128),
        shape(&1_u8),
        shape(&1_u16),
        shape(&1_u32),
        shape(&1_u64),
        shape(&1_u128),
        shape(&1.0_f32),
        shape(&1.0_f64),
        shape(&0.0_f64),
        shape(&-0.0_f64),
        shape(&'1'),
        shape(&"1"),
        shape(&Some(1_u8)),
        shape(&Some(Some(1_u8))),
        shape(&[1_u8].as_slice()),
        shape(&[1_u8]),
        shape(&(1_u8, 1_u8)),
        shape(&true),
        shape(&None::<u8>),
        shape(&()),
        shape(&""),
        shape(&Vec::<u8>::new()),
        shape(&vec![Vec::<u8>::new()]),
        shape(&BTreeMap::<u8, u8>::new()),
        shape(&BTreeMap::from([(1_u8, 2_u8)])),
        shape(&BTreeMap::from([(2_u8, 1_u8)])),
        shape(&vec!["ab", "c"]),
        shape(&vec!["a", "bc"]),
        shape(&A { x: 1 }),
        shape(&B { x: 1 }),
        shape(&C { y: 1 }),
        shape(&New(1)),
        shape(&E::P),
        shape(&E::Q),
        shape(&E::R(1)),
        shape(&E::S { x: 1 }),
        shape(&Unit),
    ];
    for (i, one) in shapes.iter().enumerate() {
        for (j, other) in shapes.iter().enumerate().skip(i + 1) {
            assert_ne!(one, other, "values {i} and {j}");
        }
    }
    // The type alone tells these apart.
    assert_ne!(key(None::<u8>), key(None::<u16>));
    assert_ne!(key(Vec::<u8>::new()), key(Vec::<u16>::new()));
}

#[test]
fn a_key_depends_on_the_value_only_not_on_what_was_hashed_before() {
    // Longer than one piece, and not a whole number of pieces.
    let long: Vec<u64> = (0..40_000).collect();
    let text = "x".repeat(100_000);
    assert_eq!(
        Codec::of::<Vec<u64>>()
            .keys(&arg(vec![vec![1], long.clone(), vec![1], long.clone()]), 4)
            .expect("keys"),
        [
            key(vec![1_u64]),
            key(long.clone()),
            key(vec![1_u64]),
            key(long.clone())
        ]
    );
    let mut other = long.clone();
    other[39_999] = 0;
    assert_ne!(key(long), key(other));
    assert_ne!(key(text.clone()), key(text.replacen('x', "y", 1)));
    assert_eq!(key(text.clone()), key(text));
}

#[test]
#[expect(clippy::disallowed_types, reason = "their order is what is tested")]
fn the_order_of_a_map_does_not_matter() {
    use std::collections::HashMap;
    let forward: HashMap<String, Vec<u8>> = (0..100).map(|i| (i.to_string(), vec![i])).collect();
    let mut backward = HashMap::with_capacity(1000);
    (0..100_u8).rev().for_each(|i| {
        backward.insert(i.to_string(), vec![i]);
    });
    assert_ne!(
        forward.keys().collect::<Vec<_>>(),
        backward.keys().collect::<Vec<_>>()
    );
    assert_eq!(key(forward.clone()), key(backward.clone()));
    assert_eq!(
        round_trip(vec![forward.clone()]).pop().as_ref(),
        Some(&forward)
    );
    backward.insert("0".to_owned(), vec![1]);
    assert_ne!(key(forward), key(backward));
}

#[test]
fn parts_of_a_key_do_not_run_into_each_other() {
    use crate::value::key_of;
    let keys = [
        key_of("d", &[b"ab", b"c"]),
        key_of("d", &[b"a", b"bc"]),
        key_of("d", &[b"abc"]),
        key_of("d", &[b"abc", b""]),
        key_of("da", &[b"bc"]),
        key_of("d", &[]),
    ];
    for (i, key) in keys.iter().enumerate() {
        assert!(!keys[i + 1..].contains(key), "{i}");
    }
    assert_eq!(keys[0], key_of("d", &[b"ab", b"c"]));
}

#[test]
fn what_cannot_be_read_back_is_an_error_when_it_is_written() {
    #[derive(Debug, Serialize, Deserialize)]
    struct Gaps {
        #[serde(skip_serializing_if = "Option::is_none")]
        a: Option<u8>,
        b: u8,
    }
    let codec = Codec::of::<Gaps>();
    let gaps = arg(vec![Gaps { a: Some(1), b: 2 }, Gaps { a: None, b: 1 }]);
    let mut out = vec![5];
    let error = codec.encode(&gaps, 2, &mut out).expect_err("a gap");
    assert!(matches!(error, CodecError::OneWay { .. }), "{error:?}");
    assert!(
        error
            .to_string()
            .starts_with("a `Gaps` is written as bytes")
    );
    assert_eq!(out, [5]);

    #[derive(Debug, Deserialize)]
    struct Refuses;
    impl Serialize for Refuses {
        fn serialize<S: serde::Serializer>(&self, _: S) -> Result<S::Ok, S::Error> {
            Err(serde::ser::Error::custom("never"))
        }
    }
    let codec = Codec::of::<Refuses>();
    let error = codec
        .encode_row(&arg(vec![Refuses]), 0, &mut out)
        .expect_err("refuses");
    assert_eq!(error.to_string(), "a `Refuses` cannot be written as bytes");
    let error = codec.keys(&arg(vec![Refuses]), 1).expect_err("refuses");
    let source = std::error::Error::source(&error).expect("what serde said");
    assert_eq!(source.to_string(), "never");
}

#[test]
fn damaged_bytes_are_told_by_what_is_wrong() {
    let codec = Codec::of::<String>();
    let mut bytes = Vec::new();
    codec
        .encode(&arg(vec!["ab".to_owned()]), 1, &mut bytes)
        .expect("encodes");
    let text = |bytes: &[u8], rows| codec.decode(bytes, rows).expect_err("damaged").to_string();
    assert_eq!(
        text(&bytes[..2], 1),
        "the bytes hold no values of `String`: they are damaged, or of another version"
    );
    assert_eq!(
        text(&bytes, 0),
        "the bytes do not hold 0 values of `String`: 3 bytes are left over"
    );
    assert!(codec.decode(&bytes, usize::MAX).is_err());
    assert!(Codec::of::<()>().decode(&[], usize::MAX).is_err());
    assert!(Codec::of::<()>().decode(&[1], 1).is_err());
    // A length that the bytes do not account for.
    let claims = [0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x7f];
    assert!(Codec::of::<Vec<[u64; 32]>>().decode(&claims, 1).is_err());
}

/// A value of one of many types, so that values of different types meet.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(untagged)]
enum Any {
    Bool(bool),
    Small(i8),
    Int(i64),
    Natural(u64),
    Text(String),
    Nothing,
    Maybe(Option<Box<Any>>),
    List(Vec<Any>),
    Pair(Box<(Any, Any)>),
    Map(BTreeMap<String, Any>),
}

fn anything() -> impl Strategy<Value = Any> {
    let leaf = prop_oneof![
        any::<bool>().prop_map(Any::Bool),
        (-2_i8..3).prop_map(Any::Small),
        (-2_i64..3).prop_map(Any::Int),
        (0_u64..3).prop_map(Any::Natural),
        "[ab]{0,2}".prop_map(Any::Text),
        Just(Any::Nothing),
    ];
    leaf.prop_recursive(3, 16, 3, |inner| {
        prop_oneof![
            prop::option::of(inner.clone().prop_map(Box::new)).prop_map(Any::Maybe),
            prop::collection::vec(inner.clone(), 0..3).prop_map(Any::List),
            (inner.clone(), inner.clone()).prop_map(|pair| Any::Pair(Box::new(pair))),
            prop::collection::btree_map("[ab]", inner, 0..3).prop_map(Any::Map),
        ]
    })
}

proptest! {
    #[test]
    fn keys_agree_exactly_when_values_do(values in prop::collection::vec(anything(), 2..12)) {
        for one in &values {
            for other in &values {
                prop_assert_eq!(one == other, shape(one) == shape(other), "{:?} {:?}", one, other);
            }
        }
    }

    #[test]
    fn random_bytes_never_panic(bytes in prop::collection::vec(any::<u8>(), 0..64), rows in 0_usize..80) {
        for codec in [
            Codec::of::<u8>(), Codec::of::<f64>(), Codec::of::<bool>(), Codec::of::<char>(),
            Codec::of::<String>(), Codec::of::<Vec<Vec<String>>>(), Codec::of::<Bar>(), Codec::of::<Option<Side>>(),
            Codec::of::<BTreeMap<u16, Vec<i64>>>(), Codec::of::<(u8, Unit)>(), Codec::of::<Unit>(),
        ] {
            if let Ok(column) = codec.decode(&bytes, rows) {
                prop_assert_eq!(column.len(), rows);
            }
        }
    }

    #[test]
    fn a_flipped_bit_gives_an_error_or_other_values(at in 0_usize..40, bit in 0_u8..8) {
        let codec = Codec::of::<Bar>();
        let mut bytes = Vec::new();
        codec.encode(&arg(bars()), 3, &mut bytes).expect("encodes");
        let at = at % bytes.len();
        bytes[at] ^= 1 << bit;
        if let Ok(column) = codec.decode(&bytes, 3) {
            prop_assert_ne!(column.into_vec::<Bar>(), bars());
        }
    }
}
