use std::fmt::Debug;

use proptest::prelude::*;
use serde::de::DeserializeOwned;

use super::stream::VIEW_BYTES;
use super::*;
use crate::value::{PortValue, Rows};

/// Values of a type, and their bits: `NaN`s differ from themselves.
trait Sample: PortValue + Clone + Debug + Serialize + DeserializeOwned {
    fn any() -> BoxedStrategy<Self>;
    fn bits(&self) -> Vec<u8>;
}

macro_rules! samples {
    ($($T:ty)+) => {$(
        impl Sample for $T {
            fn any() -> BoxedStrategy<Self> {
                any::<$T>().boxed()
            }
            fn bits(&self) -> Vec<u8> {
                bytemuck::bytes_of(self).to_vec()
            }
        }
    )+};
}
samples!(u8 u16 u32 u64 u128 usize i8 i16 i32 i64 i128 isize bool char);

impl Sample for f64 {
    fn any() -> BoxedStrategy<Self> {
        let odd = [
            -0.0,
            f64::from_bits(0x7ff8_0000_0000_0001),
            f64::from_bits(0xfff4_dead_beef_0001),
        ];
        prop_oneof![
            any::<u64>().prop_map(f64::from_bits),
            prop::sample::select(odd.to_vec()),
        ]
        .boxed()
    }
    fn bits(&self) -> Vec<u8> {
        self.to_bits().to_ne_bytes().to_vec()
    }
}

impl Sample for f32 {
    fn any() -> BoxedStrategy<Self> {
        any::<u32>().prop_map(f32::from_bits).boxed()
    }
    fn bits(&self) -> Vec<u8> {
        self.to_bits().to_ne_bytes().to_vec()
    }
}

impl Sample for String {
    fn any() -> BoxedStrategy<Self> {
        "[aé€𝄞]{0,4}".boxed()
    }
    fn bits(&self) -> Vec<u8> {
        self.as_bytes().to_vec()
    }
}

impl Sample for () {
    fn any() -> BoxedStrategy<Self> {
        Just(()).boxed()
    }
    fn bits(&self) -> Vec<u8> {
        Vec::new()
    }
}

impl<T: Sample> Sample for Option<T> {
    fn any() -> BoxedStrategy<Self> {
        prop::option::of(T::any()).boxed()
    }
    fn bits(&self) -> Vec<u8> {
        self.iter()
            .flat_map(|value| [vec![1], value.bits()].concat())
            .collect()
    }
}

impl<T: Sample> Sample for Vec<T> {
    fn any() -> BoxedStrategy<Self> {
        prop::collection::vec(T::any(), 0..4).boxed()
    }
    fn bits(&self) -> Vec<u8> {
        let items = self.iter().flat_map(|item| [vec![7], item.bits()].concat());
        self.len().to_ne_bytes().into_iter().chain(items).collect()
    }
}

/// A column and a view of it, and the values that the view means.
#[derive(Clone, Debug)]
struct Piece<T> {
    arg: Arg,
    values: Vec<T>,
}

fn piece<T: Sample>() -> BoxedStrategy<Piece<T>> {
    let picks = || prop::collection::vec(any::<prop::sample::Index>(), 0..5);
    let flat = prop::collection::vec(T::any(), 1..6);
    let view = (flat, 0_usize..4, picks(), any::<prop::sample::Index>());
    let views = view.prop_map(|(values, kind, picks, at)| {
        let (n, at) = (values.len(), at.index(values.len()));
        let picks: Vec<usize> = picks.iter().map(|pick| pick.index(n)).collect();
        let (rows, wanted) = match kind {
            0 => (Rows::Range(at), (at..n).collect()),
            1 => (Rows::One(at), vec![at; picks.len()]),
            _ => (
                Rows::Select(picks.iter().map(|&i| u32::try_from(i).unwrap()).collect()),
                picks,
            ),
        };
        Piece {
            values: wanted.into_iter().map(|i| values[i].clone()).collect(),
            arg: Arg {
                column: Column::from_vec(values),
                rows,
            },
        }
    });
    let lists = prop::collection::vec(prop::collection::vec(T::any(), 1..4), 1..4);
    let within = (
        lists.clone(),
        any::<prop::sample::Index>(),
        any::<prop::sample::Index>(),
    );
    let within = within.prop_map(|(lists, list, start)| {
        let list = list.index(lists.len());
        let start = start.index(lists[list].len());
        Piece {
            values: lists[list][start..].to_vec(),
            arg: Arg {
                column: Column::from_vec(lists),
                rows: Rows::Within { list, start },
            },
        }
    });
    let deep = (
        prop::collection::vec(lists, 1..3),
        picks(),
        picks(),
        picks(),
    );
    let deep = deep.prop_map(|(values, a, b, c)| {
        let paths: Vec<[usize; 3]> = (a.iter().zip(&b).zip(&c))
            .map(|((a, b), c)| {
                let a = a.index(values.len());
                let b = b.index(values[a].len());
                [a, b, c.index(values[a][b].len())]
            })
            .collect();
        let small = |i: usize| u32::try_from(i).unwrap();
        Piece {
            values: paths
                .iter()
                .map(|&[a, b, c]| values[a][b][c].clone())
                .collect(),
            arg: Arg {
                column: Column::from_vec(values),
                rows: Rows::Deep {
                    depth: 2,
                    paths: paths
                        .iter()
                        .map(|&[a, b, c]| [small(a), small(b), small(c), 0, 0])
                        .collect(),
                },
            },
        }
    });
    prop_oneof![4 => views, 1 => within, 1 => deep].boxed()
}

/// What may happen to packed values on the way.
#[derive(Clone, Debug)]
enum Damage {
    Form(u8),
    Rows(usize),
    First(usize),
    Blobs(usize),
    Cut(prop::sample::Index, prop::sample::Index),
    Flip(prop::sample::Index, prop::sample::Index, u8),
    Lies(usize),
}

fn damage() -> impl Strategy<Value = Damage> {
    let number = || {
        prop_oneof![
            0_usize..9,
            any::<usize>(),
            (0_u32..64).prop_map(|bit| 1 << bit)
        ]
    };
    prop_oneof![
        (0_u8..3).prop_map(Damage::Form),
        number().prop_map(Damage::Rows),
        number().prop_map(Damage::First),
        number().prop_map(Damage::Blobs),
        any::<(prop::sample::Index, prop::sample::Index)>().prop_map(|(a, b)| Damage::Cut(a, b)),
        any::<(prop::sample::Index, prop::sample::Index, u8)>()
            .prop_map(|(a, b, c)| Damage::Flip(a, b, c)),
        (0_usize..64).prop_map(Damage::Lies),
    ]
}

/// Blobs that say that they are longer than what can be read.
struct Lying(Vec<Vec<u8>>, usize);

impl Blobs for Lying {
    fn count(&self) -> usize {
        self.0.count()
    }
    fn len(&self, blob: usize) -> usize {
        Blobs::len(&self.0, blob) + self.1
    }
    fn read_at(&self, blob: usize, offset: usize, out: &mut [u8]) -> bool {
        self.0.read_at(blob, offset, out)
    }
}

fn check<T: Sample>(pieces: &[Piece<T>], damages: &[Damage]) -> Result<(), TestCaseError> {
    let codec = Codec::of::<T>();
    let mut blobs = vec![Blob::Bytes(vec![99; 3])];
    let args: Vec<(&Arg, usize)> = pieces.iter().map(|p| (&p.arg, p.values.len())).collect();
    let packed = codec.pack(&args, &mut blobs).expect("packs");
    let wanted: Vec<T> = pieces.iter().flat_map(|p| p.values.clone()).collect();
    let head = postcard::to_stdvec(&packed).expect("a head");
    prop_assert_eq!(
        &postcard::from_bytes::<Packed>(&head).expect("a head"),
        &packed
    );
    let back = codec.unpack(&packed, &blobs).expect("unpacks");
    prop_assert_eq!((back.port(), back.len()), (codec.port(), wanted.len()));
    prop_assert_eq!(back.into_vec::<T>().bits(), wanted.bits());

    let (mut packed, mut lies) = (packed, 0);
    let mut bytes: Vec<Vec<u8>> = blobs.iter().map(|blob| blob.as_bytes().to_vec()).collect();
    for damage in damages {
        match *damage {
            Damage::Form(form) => {
                packed.form = [Form::Values, Form::Plain, Form::Lists][usize::from(form)];
            }
            Damage::Rows(rows) => packed.rows = rows,
            Damage::First(first) => packed.first_blob = first,
            Damage::Blobs(blobs) => packed.blobs = blobs,
            Damage::Cut(blob, at) => {
                let blob = blob.get_mut(&mut bytes);
                blob.truncate(at.index(blob.len() + 1));
            }
            Damage::Flip(blob, at, bit) => {
                let blob = blob.get_mut(&mut bytes);
                if !blob.is_empty() {
                    *at.get_mut(blob) ^= 1 << (bit % 8);
                }
            }
            Damage::Lies(by) => lies = by,
        }
    }
    match codec.unpack(&packed, &Lying(bytes, lies)) {
        Ok(column) => prop_assert_eq!((column.port(), column.len()), (codec.port(), packed.rows)),
        Err(error) => prop_assert_ne!(error.to_string(), ""),
    }
    Ok(())
}

macro_rules! every_type {
    ($($name:ident: $T:ty;)+) => {
        proptest! {
            #![proptest_config(ProptestConfig { cases: 64, ..ProptestConfig::default() })]
            $(
                #[test]
                fn $name(
                    pieces in prop::collection::vec(piece::<$T>(), 0..4),
                    damages in prop::collection::vec(damage(), 1..3),
                ) {
                    check(&pieces, &damages)?;
                }
            )+
        }
    };
}
every_type! {
    f64_comes_back: f64;
    f32_comes_back: f32;
    u8_comes_back: u8;
    u16_comes_back: u16;
    u32_comes_back: u32;
    u64_comes_back: u64;
    u128_comes_back: u128;
    usize_comes_back: usize;
    i8_comes_back: i8;
    i16_comes_back: i16;
    i32_comes_back: i32;
    i64_comes_back: i64;
    i128_comes_back: i128;
    isize_comes_back: isize;
    bool_comes_back: bool;
    char_comes_back: char;
    string_comes_back: String;
    f64_lists_come_back: Vec<f64>;
    bool_lists_come_back: Vec<bool>;
    u128_lists_come_back: Vec<u128>;
    text_lists_come_back: Vec<String>;
    nested_f64_lists_come_back: Vec<Vec<f64>>;
    nested_char_lists_come_back: Vec<Vec<char>>;
    options_come_back: Option<f64>;
    nothing_comes_back: ();
    lists_of_nothing_come_back: Vec<()>;
    lists_of_options_come_back: Vec<Vec<Option<String>>>;
}

fn dense<T: PortValue>(values: Vec<T>) -> Arg {
    Arg::dense(Column::from_vec(values))
}

/// Whether a blob is memory of the argument's column, and which.
fn is_at<T>(blob: &Blob, values: &[T]) -> bool {
    matches!(blob, Blob::Values(_))
        && blob.as_bytes().as_ptr_range() == {
            let range = values.as_ptr_range();
            range.start.cast()..range.end.cast()
        }
}

#[test]
fn numbers_side_by_side_and_long_lists_are_not_copied() {
    let numbers = dense(vec![1_u16, 2, 3, 4]);
    let mut blobs = Vec::new();
    let codec = Codec::of::<u16>();
    let tail = Arg {
        rows: Rows::Range(1),
        ..numbers.clone()
    };
    codec.pack(&[(&tail, 2)], &mut blobs).expect("packs");
    assert!(is_at(&blobs[0], &numbers.column.typed::<u16>()[1..3]));

    let long = vec![0.5; VIEW_BYTES / 8];
    let lists = dense(vec![
        vec![vec![1.5]],
        vec![vec![], long.clone(), vec![2.5]],
        vec![long],
    ]);
    let codec = Codec::of::<Vec<Vec<f64>>>();
    let mut blobs = Vec::new();
    let rows = Arg {
        rows: Rows::Select([1, 2].into()),
        ..lists.clone()
    };
    let packed = codec.pack(&[(&rows, 2)], &mut blobs).expect("packs");
    let values = lists.column.typed::<Vec<Vec<f64>>>();
    assert_eq!(blobs.len(), 4, "{blobs:?}");
    assert!(is_at(&blobs[1], &values[1][1]));
    assert!(is_at(&blobs[3], &values[2][0]));
    let back = codec.unpack(&packed, &blobs).expect("unpacks");
    assert_eq!(back.typed::<Vec<Vec<f64>>>(), &values[1..]);

    let text = dense(vec!["ab".repeat(VIEW_BYTES)]);
    let mut blobs = Vec::new();
    let packed = Codec::of::<String>()
        .pack(&[(&text, 1)], &mut blobs)
        .expect("packs");
    assert!(is_at(
        &blobs[1],
        text.column.typed::<String>()[0].as_bytes()
    ));
    let back = Codec::of::<String>()
        .unpack(&packed, &blobs)
        .expect("unpacks");
    assert_eq!(back.typed::<String>(), text.column.typed::<String>());
}

#[test]
fn short_pieces_share_a_blob_and_long_ones_do_not() {
    let (short, long) = (dense(vec![1_u8; 10]), dense(vec![2_u8; VIEW_BYTES]));
    let pieces = [
        (&short, 10),
        (&short, 3),
        (&long, VIEW_BYTES),
        (&short, 1),
        (&short, 0),
    ];
    let mut blobs = Vec::new();
    let packed = Codec::of::<u8>().pack(&pieces, &mut blobs).expect("packs");
    let lengths: Vec<usize> = blobs.iter().map(|blob| blob.as_bytes().len()).collect();
    assert_eq!(
        (packed.rows(), &lengths[..]),
        (VIEW_BYTES + 14, &[13, VIEW_BYTES, 1][..])
    );
    let back = Codec::of::<u8>().unpack(&packed, &blobs).expect("unpacks");
    let bytes: Vec<u8> = blobs.iter().flat_map(Blob::as_bytes).copied().collect();
    assert_eq!(back.typed::<u8>(), bytes);
}

/// Every type of the table has a shape of its own; a mistake in the table would only be slow.
#[test]
fn numbers_texts_and_their_lists_have_a_shape() {
    macro_rules! forms {
        ($($T:ty)+) => { vec![$(shape(TypeId::of::<$T>()).map(|shape| shape.form)),+] };
    }
    assert_eq!(
        forms!(f64 bool char u8 usize isize i128),
        vec![Some(Form::Plain); 7]
    );
    assert_eq!(
        forms!(Vec<f64> Vec<Vec<char>> String Vec<String> Vec<i8>),
        vec![Some(Form::Lists); 5]
    );
    assert_eq!(
        forms!(() Vec<Vec<String>> Vec<Vec<Vec<f64>>> Option<u8> (u8, u8)),
        vec![None; 5]
    );
}

#[test]
fn what_cannot_be_packed_leaves_the_blobs_as_they_were() {
    #[derive(Debug, Deserialize)]
    struct Odd(u8);
    impl Serialize for Odd {
        fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
            match self.0 % 2 {
                0 => Err(serde::ser::Error::custom("even")),
                _ => serializer.serialize_newtype_struct("Odd", &self.0),
            }
        }
    }
    let mut blobs = vec![Blob::Bytes(vec![5])];
    let (good, bad) = (dense(vec![Odd(1)]), dense(vec![Odd(3), Odd(2)]));
    let codec = Codec::of::<Odd>();
    let error = codec
        .pack(&[(&good, 1), (&bad, 2)], &mut blobs)
        .expect_err("even");
    assert!(matches!(error, CodecError::Encode { .. }), "{error:?}");
    assert_eq!(blobs.len(), 1);
    let packed = codec
        .pack(&[(&good, 1), (&bad, 1)], &mut blobs)
        .expect("odd");
    let back = codec
        .unpack(&packed, &blobs)
        .expect("unpacks")
        .into_vec::<Odd>();
    assert_eq!(back.iter().map(|odd| odd.0).collect::<Vec<_>>(), [1, 3]);
}

#[test]
fn damage_is_told_by_what_does_not_fit() {
    fn problem<T: Sample>(packed: Packed, blobs: &dyn Blobs) -> PackedProblem {
        match Codec::of::<T>().unpack(&packed, blobs) {
            Err(CodecError::Packed { problem, .. }) => problem,
            other => panic!("{other:?}"),
        }
    }
    let head = |form, rows| Packed {
        form,
        rows,
        first_blob: 0,
        blobs: 1,
    };
    let plain = |rows| head(Form::Plain, rows);
    let two = vec![vec![2_u8; 8]];
    assert_eq!(
        problem::<f64>(head(Form::Values, 1), &two),
        PackedProblem::Form
    );
    assert_eq!(problem::<()>(plain(1), &two), PackedProblem::Form);
    assert_eq!(
        problem::<f64>(
            Packed {
                blobs: 2,
                ..plain(1)
            },
            &two
        ),
        PackedProblem::Blobs
    );
    assert_eq!(
        problem::<f64>(
            Packed {
                first_blob: usize::MAX,
                ..plain(1)
            },
            &two
        ),
        PackedProblem::Blobs
    );
    for rows in [0, 2, 1 << 61, usize::MAX] {
        assert_eq!(
            problem::<f64>(plain(rows), &two),
            PackedProblem::Length { found: 8 }
        );
    }
    assert_eq!(
        problem::<f64>(plain(2), &Lying(two.clone(), 8)),
        PackedProblem::Short
    );
    assert_eq!(problem::<bool>(plain(8), &two), PackedProblem::Value);
    assert_eq!(
        problem::<char>(plain(1), &vec![0xd800_u32.to_ne_bytes()]),
        PackedProblem::Value
    );

    let lists = |lengths: &[usize], items: &[u8]| {
        let lengths = lengths.iter().flat_map(|n| n.to_ne_bytes());
        vec![lengths.chain(items.iter().copied()).collect::<Vec<u8>>()]
    };
    assert_eq!(
        problem::<String>(head(Form::Lists, 1), &lists(&[2], b"\xc3\x28")),
        PackedProblem::Value
    );
    for lengths in [[1, 2], [2, 0], [usize::MAX, 2], [0, 1 << 40]] {
        assert_eq!(
            problem::<Vec<u8>>(head(Form::Lists, 2), &lists(&lengths, b"a")),
            PackedProblem::Length { found: 1 }
        );
    }
    for lengths in [[1 << 61, 0], [9, 9], [usize::MAX, 2]] {
        assert!(matches!(
            problem::<Vec<Vec<u32>>>(head(Form::Lists, 1), &lists(&lengths, b"")),
            PackedProblem::Length { .. }
        ));
    }
    let error = Codec::of::<bool>()
        .unpack(&plain(8), &two)
        .expect_err("twos");
    assert_eq!(
        error.to_string(),
        "8 packed values of `bool` cannot be unpacked: they are damaged, or of another program"
    );
    let source = std::error::Error::source(&error).expect("what does not fit");
    assert_eq!(source.to_string(), "a value is none of its type");
}
