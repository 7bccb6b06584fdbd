//! The canonical form of a value, hashed: what keys are made of.
//!
//! A serde serializer that feeds BLAKE3. Each value begins with a byte that tells its kind, numbers have a fixed width,
//! texts a length, and lists an end with a count, so two different values never give the same bytes: `1_i32`, `1_i64`,
//! `1.0`, `"1"`, `Some(1)`, `[1]` and `(1,)` all differ. The entries of a map are hashed one by one and sorted, so their
//! order does not count. (The items of a `HashSet` come as a list, in an order of their own: equal sets differ.)

use std::fmt;

use serde::ser::{self, Serialize};

use crate::cache::Key;

/// Bytes are handed to the hasher in pieces of this size; a value below it costs one call.
const PIECE: usize = 16 * 1024;

/// What every key of a value from outside begins with: raised when the form changes.
const DOMAIN: &str = "hypernodes value 1";

/// One byte for each kind of value.
mod tag {
    pub(super) const BOOL: u8 = 1;
    pub(super) const I8: u8 = 2;
    pub(super) const I16: u8 = 3;
    pub(super) const I32: u8 = 4;
    pub(super) const I64: u8 = 5;
    pub(super) const I128: u8 = 6;
    pub(super) const U8: u8 = 7;
    pub(super) const U16: u8 = 8;
    pub(super) const U32: u8 = 9;
    pub(super) const U64: u8 = 10;
    pub(super) const U128: u8 = 11;
    pub(super) const F32: u8 = 12;
    pub(super) const F64: u8 = 13;
    pub(super) const CHAR: u8 = 14;
    pub(super) const STR: u8 = 15;
    pub(super) const BYTES: u8 = 16;
    pub(super) const NONE: u8 = 17;
    pub(super) const SOME: u8 = 18;
    pub(super) const UNIT: u8 = 19;
    pub(super) const UNIT_STRUCT: u8 = 20;
    pub(super) const UNIT_VARIANT: u8 = 21;
    pub(super) const NEWTYPE_STRUCT: u8 = 22;
    pub(super) const NEWTYPE_VARIANT: u8 = 23;
    pub(super) const SEQ: u8 = 24;
    pub(super) const TUPLE: u8 = 25;
    pub(super) const TUPLE_STRUCT: u8 = 26;
    pub(super) const TUPLE_VARIANT: u8 = 27;
    pub(super) const MAP: u8 = 28;
    pub(super) const STRUCT: u8 = 29;
    pub(super) const STRUCT_VARIANT: u8 = 30;
    /// Behind the last item of what has no length in front.
    pub(super) const END: u8 = 31;
}

/// Hashes values of one type, one after the other.
pub(super) struct Digest {
    /// What was not handed to the hasher yet.
    buffer: Vec<u8>,
    /// Large: only values of more than one piece have one.
    hasher: Option<Box<blake3::Hasher>>,
    /// What each key begins with: the domain and the name of the type.
    prefix: Vec<u8>,
}

impl Digest {
    /// Hashes values of the type of this name.
    pub(super) fn new(name: &str) -> Self {
        let mut digest = Self::bare();
        digest.text(DOMAIN);
        digest.text(name);
        digest.prefix = std::mem::take(&mut digest.buffer);
        digest
    }

    fn bare() -> Self {
        Self {
            buffer: Vec::new(),
            hasher: None,
            prefix: Vec::new(),
        }
    }

    /// The key of a value. After an error the digest is of no more use.
    pub(super) fn key<T: Serialize>(&mut self, value: &T) -> Result<Key, DigestError> {
        self.buffer.extend_from_slice(&self.prefix);
        value.serialize(&mut *self)?;
        let key = self.finish();
        Ok(Key::from_bytes(key))
    }

    /// The hash of what was written, which is forgotten.
    fn finish(&mut self) -> [u8; 32] {
        let hash = match self.hasher.take() {
            None => blake3::hash(&self.buffer),
            Some(mut hasher) => hasher.update(&self.buffer).finalize(),
        };
        self.buffer.clear();
        hash.into()
    }

    #[inline]
    fn bytes<const N: usize>(&mut self, tag: u8, bytes: [u8; N]) {
        if self.buffer.len() + N >= PIECE {
            self.flush();
        }
        self.buffer.push(tag);
        self.buffer.extend_from_slice(&bytes);
    }

    #[inline]
    fn tag(&mut self, tag: u8) {
        self.bytes(tag, []);
    }

    fn raw(&mut self, bytes: &[u8]) {
        self.length(bytes.len());
        if self.buffer.len() + bytes.len() < PIECE {
            self.buffer.extend_from_slice(bytes);
        } else {
            self.flush();
            self.hasher().update(bytes);
        }
    }

    fn text(&mut self, text: &str) {
        self.raw(text.as_bytes());
    }

    fn length(&mut self, length: usize) {
        self.buffer
            .extend_from_slice(&(length as u64).to_le_bytes());
    }

    fn hasher(&mut self) -> &mut blake3::Hasher {
        self.hasher.get_or_insert_with(Box::default)
    }

    #[cold]
    fn flush(&mut self) {
        let piece = std::mem::take(&mut self.buffer);
        self.hasher().update(&piece);
        self.buffer = piece;
        self.buffer.clear();
    }

    fn variant(&mut self, tag: u8, name: &str, index: u32, variant: &str) {
        self.bytes(tag, index.to_le_bytes());
        self.text(name);
        self.text(variant);
    }
}

/// The key of a few pieces, in this order.
pub(crate) fn key_of(domain: &str, parts: &[&[u8]]) -> Key {
    let mut digest = Digest::bare();
    digest.text(domain);
    digest.length(parts.len());
    for part in parts {
        digest.raw(part);
    }
    Key::from_bytes(digest.finish())
}

/// What a `Serialize` implementation complained about.
#[derive(Debug)]
pub(super) struct DigestError(String);

impl fmt::Display for DigestError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for DigestError {}

impl ser::Error for DigestError {
    fn custom<T: fmt::Display>(message: T) -> Self {
        Self(message.to_string())
    }
}

macro_rules! numbers {
    ($($method:ident $T:ty, $tag:ident;)+) => {$(
        #[inline]
        fn $method(self, value: $T) -> Result<(), DigestError> {
            self.bytes(tag::$tag, value.to_le_bytes());
            Ok(())
        }
    )+};
}

impl<'a> ser::Serializer for &'a mut Digest {
    type Ok = ();
    type Error = DigestError;
    type SerializeSeq = Counted<'a>;
    type SerializeTuple = Self;
    type SerializeTupleStruct = Self;
    type SerializeTupleVariant = Self;
    type SerializeMap = Entries<'a>;
    type SerializeStruct = Counted<'a>;
    type SerializeStructVariant = Counted<'a>;

    numbers! {
        serialize_i8 i8, I8;
        serialize_i16 i16, I16;
        serialize_i32 i32, I32;
        serialize_i64 i64, I64;
        serialize_i128 i128, I128;
        serialize_u8 u8, U8;
        serialize_u16 u16, U16;
        serialize_u32 u32, U32;
        serialize_u64 u64, U64;
        serialize_u128 u128, U128;
        // The bits, so that each NaN and each zero is itself.
        serialize_f32 f32, F32;
        serialize_f64 f64, F64;
    }

    fn serialize_bool(self, value: bool) -> Result<(), DigestError> {
        self.bytes(tag::BOOL, [u8::from(value)]);
        Ok(())
    }
    fn serialize_char(self, value: char) -> Result<(), DigestError> {
        self.bytes(tag::CHAR, u32::from(value).to_le_bytes());
        Ok(())
    }
    fn serialize_str(self, value: &str) -> Result<(), DigestError> {
        self.tag(tag::STR);
        self.text(value);
        Ok(())
    }
    fn serialize_bytes(self, value: &[u8]) -> Result<(), DigestError> {
        self.tag(tag::BYTES);
        self.raw(value);
        Ok(())
    }
    fn serialize_none(self) -> Result<(), DigestError> {
        self.tag(tag::NONE);
        Ok(())
    }
    fn serialize_some<T: Serialize + ?Sized>(self, value: &T) -> Result<(), DigestError> {
        self.tag(tag::SOME);
        value.serialize(self)
    }
    fn serialize_unit(self) -> Result<(), DigestError> {
        self.tag(tag::UNIT);
        Ok(())
    }
    fn serialize_unit_struct(self, name: &'static str) -> Result<(), DigestError> {
        self.tag(tag::UNIT_STRUCT);
        self.text(name);
        Ok(())
    }
    fn serialize_unit_variant(
        self,
        name: &'static str,
        index: u32,
        variant: &'static str,
    ) -> Result<(), DigestError> {
        self.variant(tag::UNIT_VARIANT, name, index, variant);
        Ok(())
    }
    fn serialize_newtype_struct<T: Serialize + ?Sized>(
        self,
        name: &'static str,
        value: &T,
    ) -> Result<(), DigestError> {
        self.tag(tag::NEWTYPE_STRUCT);
        self.text(name);
        value.serialize(self)
    }
    fn serialize_newtype_variant<T: Serialize + ?Sized>(
        self,
        name: &'static str,
        index: u32,
        variant: &'static str,
        value: &T,
    ) -> Result<(), DigestError> {
        self.variant(tag::NEWTYPE_VARIANT, name, index, variant);
        value.serialize(self)
    }
    fn serialize_seq(self, _: Option<usize>) -> Result<Counted<'a>, DigestError> {
        self.tag(tag::SEQ);
        Ok(Counted::new(self))
    }
    fn serialize_tuple(self, length: usize) -> Result<Self, DigestError> {
        self.tag(tag::TUPLE);
        self.length(length);
        Ok(self)
    }
    fn serialize_tuple_struct(
        self,
        name: &'static str,
        length: usize,
    ) -> Result<Self, DigestError> {
        self.tag(tag::TUPLE_STRUCT);
        self.text(name);
        self.length(length);
        Ok(self)
    }
    fn serialize_tuple_variant(
        self,
        name: &'static str,
        index: u32,
        variant: &'static str,
        length: usize,
    ) -> Result<Self, DigestError> {
        self.variant(tag::TUPLE_VARIANT, name, index, variant);
        self.length(length);
        Ok(self)
    }
    fn serialize_map(self, _: Option<usize>) -> Result<Entries<'a>, DigestError> {
        self.tag(tag::MAP);
        Ok(Entries {
            digest: self,
            entry: Digest::bare(),
            hashes: Vec::new(),
        })
    }
    fn serialize_struct(self, name: &'static str, _: usize) -> Result<Counted<'a>, DigestError> {
        self.tag(tag::STRUCT);
        self.text(name);
        Ok(Counted::new(self))
    }
    fn serialize_struct_variant(
        self,
        name: &'static str,
        index: u32,
        variant: &'static str,
        _: usize,
    ) -> Result<Counted<'a>, DigestError> {
        self.variant(tag::STRUCT_VARIANT, name, index, variant);
        Ok(Counted::new(self))
    }
    /// As in the bytes of a codec: what is hashed is what travels.
    fn is_human_readable(&self) -> bool {
        false
    }
}

/// A list or the fields of a struct: how many there are is known at the end.
pub(super) struct Counted<'a> {
    digest: &'a mut Digest,
    count: u64,
}

impl<'a> Counted<'a> {
    fn new(digest: &'a mut Digest) -> Self {
        Self { digest, count: 0 }
    }

    fn field<T: Serialize + ?Sized>(&mut self, name: &str, value: &T) -> Result<(), DigestError> {
        self.count += 1;
        self.digest.tag(tag::STRUCT);
        self.digest.text(name);
        value.serialize(&mut *self.digest)
    }

    fn finish(self) {
        self.digest.bytes(tag::END, self.count.to_le_bytes());
    }
}

impl ser::SerializeSeq for Counted<'_> {
    type Ok = ();
    type Error = DigestError;
    #[inline]
    fn serialize_element<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<(), DigestError> {
        self.count += 1;
        value.serialize(&mut *self.digest)
    }
    fn end(self) -> Result<(), DigestError> {
        self.finish();
        Ok(())
    }
}

macro_rules! fields {
    ($($Trait:ident)+) => {$(
        impl ser::$Trait for Counted<'_> {
            type Ok = ();
            type Error = DigestError;
            fn serialize_field<T: Serialize + ?Sized>(
                &mut self,
                name: &'static str,
                value: &T,
            ) -> Result<(), DigestError> {
                self.field(name, value)
            }
            fn end(self) -> Result<(), DigestError> {
                self.finish();
                Ok(())
            }
        }
    )+};
}

fields!(SerializeStruct SerializeStructVariant);

macro_rules! tuples {
    ($($Trait:ident $method:ident;)+) => {$(
        impl ser::$Trait for &mut Digest {
            type Ok = ();
            type Error = DigestError;
            #[inline]
            fn $method<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<(), DigestError> {
                value.serialize(&mut **self)
            }
            fn end(self) -> Result<(), DigestError> {
                self.tag(tag::END);
                Ok(())
            }
        }
    )+};
}

tuples! {
    SerializeTuple serialize_element;
    SerializeTupleStruct serialize_field;
    SerializeTupleVariant serialize_field;
}

/// The entries of a map, each hashed on its own.
pub(super) struct Entries<'a> {
    digest: &'a mut Digest,
    entry: Digest,
    hashes: Vec<[u8; 32]>,
}

impl ser::SerializeMap for Entries<'_> {
    type Ok = ();
    type Error = DigestError;
    fn serialize_key<T: Serialize + ?Sized>(&mut self, key: &T) -> Result<(), DigestError> {
        key.serialize(&mut self.entry)
    }
    fn serialize_value<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<(), DigestError> {
        value.serialize(&mut self.entry)?;
        self.hashes.push(self.entry.finish());
        Ok(())
    }
    fn end(mut self) -> Result<(), DigestError> {
        self.hashes.sort_unstable();
        self.digest.length(self.hashes.len());
        for hash in &self.hashes {
            self.digest.bytes(tag::END, *hash);
        }
        Ok(())
    }
}
