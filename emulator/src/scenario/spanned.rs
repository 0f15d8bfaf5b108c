//! Values with their locations: serde reads the sections' structs from a tree of [`Node`]s.
//!
//! The tree exists so that the shape check can report all errors of a file, remove the invalid parts and leave a valid
//! rest. Structs use [`Spanned`] for values that later checks may report, and [`Entries`] for maps whose keys they may
//! report. Neither is visible in the JSON Schema.

use std::borrow::Cow;
use std::fmt;
use std::marker::PhantomData;
use std::ops::Deref;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::de::value::{BorrowedStrDeserializer, Error, MapDeserializer, SeqDeserializer};
use serde::de::{self, DeserializeSeed, Deserializer, IntoDeserializer, MapAccess, SeqAccess, Visitor};
use serde::{Deserialize, forward_to_deserialize_any};

use serde_json::Value;

use super::files::Span;

/// A value and its location.
#[derive(Clone, Debug)]
pub(super) struct Node {
    /// The location.
    pub(super) span: Span,
    /// The value.
    pub(super) content: Content,
}

/// A parsed value.
#[derive(Clone, Debug)]
pub(super) enum Content {
    /// An empty value, or `null`.
    Null,
    /// `true` or `false`.
    Boolean(bool),
    /// An integer, with its spelling.
    Integer(i128, String),
    /// Another number.
    Number(f64),
    /// A text.
    Text(String),
    /// `[…]`
    List(Vec<Node>),
    /// `{…}`, with keys in textual order, including duplicates.
    Map(Vec<(Spanned<String>, Node)>),
}

impl Node {
    /// The value as JSON, without locations.
    pub(super) fn to_json(&self) -> Value {
        match &self.content {
            Content::Null => Value::Null,
            Content::Boolean(value) => Value::from(*value),
            Content::Integer(value, written) => {
                let small = i64::try_from(*value).map(Value::from);
                let large = |_| u64::try_from(*value).map(Value::from);
                small.or_else(large).unwrap_or_else(|_| Value::from(written.as_str()))
            }
            Content::Number(value) => Value::from(*value),
            Content::Text(value) => Value::from(value.as_str()),
            Content::List(items) => items.iter().map(Node::to_json).collect(),
            Content::Map(entries) => {
                Value::Object(entries.iter().map(|(key, value)| (key.value.clone(), value.to_json())).collect())
            }
        }
    }
}

/// A value with its location.
#[derive(Clone, Debug)]
pub(super) struct Spanned<T> {
    /// The value.
    pub(super) value: T,
    /// Its location.
    pub(super) span: Span,
}

/// A map in textual order, whose keys have locations.
#[derive(Clone, Debug)]
pub(super) struct Entries<T>(pub(super) Vec<(Spanned<String>, T)>);

/// The name by which [`Spanned`] requests a location from the tree. No key of a file can equal it.
const SPANNED: &str = "$spanned";

impl<'de> Deserializer<'de> for &'de Node {
    type Error = Error;

    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        match &self.content {
            Content::Null => visitor.visit_unit(),
            Content::Boolean(value) => visitor.visit_bool(*value),
            Content::Integer(value, _) => match (u64::try_from(*value), i64::try_from(*value)) {
                (Ok(value), _) => visitor.visit_u64(value),
                (_, Ok(value)) => visitor.visit_i64(value),
                _ => visitor.visit_i128(*value),
            },
            Content::Number(value) => visitor.visit_f64(*value),
            Content::Text(value) => visitor.visit_borrowed_str(value),
            Content::List(items) => visitor.visit_seq(SeqDeserializer::new(items.iter())),
            Content::Map(entries) => {
                visitor.visit_map(MapDeserializer::new(entries.iter().map(|(key, value)| (Key(key), value))))
            }
        }
    }

    /// If a text is expected, an integer is taken as spelled: the quotes of an account ID are optional.
    fn deserialize_string<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        match &self.content {
            Content::Integer(_, written) => visitor.visit_borrowed_str(written),
            _ => self.deserialize_any(visitor),
        }
    }

    fn deserialize_option<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        match self.content {
            Content::Null => visitor.visit_none(),
            _ => visitor.visit_some(self),
        }
    }

    fn deserialize_newtype_struct<V: Visitor<'de>>(self, name: &'static str, visitor: V) -> Result<V::Value, Error> {
        if name == SPANNED {
            return visitor.visit_seq(WithSpan { span: Some(self.span), value: Some(self) });
        }
        visitor.visit_newtype_struct(self)
    }

    fn deserialize_enum<V: Visitor<'de>>(
        self,
        _: &'static str,
        _: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Error> {
        match &self.content {
            Content::Text(variant) => visitor.visit_enum(BorrowedStrDeserializer::new(variant)),
            _ => Err(de::Error::custom("expected a string")),
        }
    }

    forward_to_deserialize_any! {
        bool i8 i16 i32 i64 i128 u8 u16 u32 u64 u128 f32 f64 char str bytes byte_buf unit unit_struct seq tuple
        tuple_struct map struct identifier ignored_any
    }
}

impl<'de> IntoDeserializer<'de, Error> for &'de Node {
    type Deserializer = Self;

    fn into_deserializer(self) -> Self {
        self
    }
}

/// A key of a map: its text, with or without its location.
#[derive(Clone, Copy)]
struct Key<'de>(&'de Spanned<String>);

impl<'de> IntoDeserializer<'de, Error> for Key<'de> {
    type Deserializer = Self;

    fn into_deserializer(self) -> Self {
        self
    }
}

impl<'de> Deserializer<'de> for Key<'de> {
    type Error = Error;

    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        visitor.visit_borrowed_str(&self.0.value)
    }

    fn deserialize_newtype_struct<V: Visitor<'de>>(self, name: &'static str, visitor: V) -> Result<V::Value, Error> {
        if name == SPANNED {
            return visitor.visit_seq(WithSpan { span: Some(self.0.span), value: Some(self) });
        }
        visitor.visit_newtype_struct(self)
    }

    forward_to_deserialize_any! {
        bool i8 i16 i32 i64 i128 u8 u16 u32 u64 u128 f32 f64 char str string bytes byte_buf option unit unit_struct
        seq tuple tuple_struct map struct enum identifier ignored_any
    }
}

/// A location followed by a value, as [`Spanned`] reads them.
struct WithSpan<D> {
    span: Option<Span>,
    value: Option<D>,
}

impl<'de, D: Deserializer<'de, Error = Error>> SeqAccess<'de> for WithSpan<D> {
    type Error = Error;

    fn next_element_seed<T: DeserializeSeed<'de>>(&mut self, seed: T) -> Result<Option<T::Value>, Error> {
        if let Some(span) = self.span.take() {
            return seed.deserialize(SeqDeserializer::new(span.numbers().into_iter())).map(Some);
        }
        self.value.take().map(|value| seed.deserialize(value)).transpose()
    }
}

impl<'de, T: Deserialize<'de>> Deserialize<'de> for Spanned<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_newtype_struct(SPANNED, SpannedVisitor(PhantomData))
    }
}

struct SpannedVisitor<T>(PhantomData<T>);

impl<'de, T: Deserialize<'de>> Visitor<'de> for SpannedVisitor<T> {
    type Value = Spanned<T>;

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("a value with its span")
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut sequence: A) -> Result<Spanned<T>, A::Error> {
        let span = sequence.next_element()?.map(Span::from_numbers);
        let value = sequence.next_element()?;
        let (Some(span), Some(value)) = (span, value) else { return Err(de::Error::invalid_length(0, &self)) };
        Ok(Spanned { value, span })
    }
}

impl<T> Deref for Spanned<T> {
    type Target = T;

    fn deref(&self) -> &T {
        &self.value
    }
}

impl<T: JsonSchema> JsonSchema for Spanned<T> {
    fn inline_schema() -> bool {
        T::inline_schema()
    }

    fn schema_name() -> Cow<'static, str> {
        T::schema_name()
    }

    fn schema_id() -> Cow<'static, str> {
        T::schema_id()
    }

    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        T::json_schema(generator)
    }
}

/// A part of the tree, unchanged, for sections that contain another language.
impl<'de> Deserialize<'de> for Node {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Spanned::deserialize(deserializer).map(|Spanned { value, span }| Node { span, content: value })
    }
}

impl JsonSchema for Node {
    fn inline_schema() -> bool {
        true
    }

    fn schema_name() -> Cow<'static, str> {
        "Node".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({ "type": "object", "additionalProperties": true })
    }
}

impl<'de> Deserialize<'de> for Content {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(ContentVisitor)
    }
}

struct ContentVisitor;

impl<'de> Visitor<'de> for ContentVisitor {
    type Value = Content;

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("a value")
    }

    fn visit_unit<E>(self) -> Result<Content, E> {
        Ok(Content::Null)
    }

    fn visit_bool<E>(self, value: bool) -> Result<Content, E> {
        Ok(Content::Boolean(value))
    }

    fn visit_i64<E>(self, value: i64) -> Result<Content, E> {
        Ok(Content::Integer(value.into(), value.to_string()))
    }

    fn visit_u64<E>(self, value: u64) -> Result<Content, E> {
        Ok(Content::Integer(value.into(), value.to_string()))
    }

    fn visit_i128<E>(self, value: i128) -> Result<Content, E> {
        Ok(Content::Integer(value, value.to_string()))
    }

    fn visit_f64<E>(self, value: f64) -> Result<Content, E> {
        Ok(Content::Number(value))
    }

    fn visit_str<E>(self, value: &str) -> Result<Content, E> {
        Ok(Content::Text(value.to_owned()))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut sequence: A) -> Result<Content, A::Error> {
        let mut items = Vec::new();
        while let Some(item) = sequence.next_element()? {
            items.push(item);
        }
        Ok(Content::List(items))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Content, A::Error> {
        let mut entries = Vec::new();
        while let Some(entry) = map.next_entry()? {
            entries.push(entry);
        }
        Ok(Content::Map(entries))
    }
}

impl<T> Default for Entries<T> {
    fn default() -> Self {
        Entries(Vec::new())
    }
}

impl<T> Entries<T> {
    /// Adds later entries, which replace earlier ones with the same key.
    pub(super) fn add(&mut self, later: Entries<T>) {
        self.0.retain(|(earlier, _)| later.0.iter().all(|(key, _)| key.value != earlier.value));
        self.0.extend(later.0);
    }
}

impl<'de, T: Deserialize<'de>> Deserialize<'de> for Entries<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_map(EntriesVisitor(PhantomData))
    }
}

struct EntriesVisitor<T>(PhantomData<T>);

impl<'de, T: Deserialize<'de>> Visitor<'de> for EntriesVisitor<T> {
    type Value = Entries<T>;

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("a map")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Entries<T>, A::Error> {
        let mut entries = Vec::new();
        while let Some(entry) = map.next_entry()? {
            entries.push(entry);
        }
        Ok(Entries(entries))
    }
}

impl<T: JsonSchema> JsonSchema for Entries<T> {
    fn inline_schema() -> bool {
        true
    }

    fn schema_name() -> Cow<'static, str> {
        format!("Entries_of_{}", T::schema_name()).into()
    }

    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        json_schema!({ "type": "object", "additionalProperties": generator.subschema_for::<T>() })
    }
}
