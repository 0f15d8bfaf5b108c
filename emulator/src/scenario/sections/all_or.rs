//! `all` or a list, for sections that select accounts or Regions.

use std::borrow::Cow;
use std::fmt;
use std::marker::PhantomData;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::Deserialize;
use serde::de::value::SeqAccessDeserializer;
use serde::de::{Deserializer, SeqAccess, Visitor};

/// All of them, or a list.
#[derive(Clone, Debug)]
pub(super) enum AllOr<T> {
    /// `all`
    All,
    /// `[…]`
    Listed(Vec<T>),
}

impl<'de, T: Deserialize<'de>> Deserialize<'de> for AllOr<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(AllOrVisitor(PhantomData))
    }
}

/// Written by hand, because serde's untagged enums lose the locations.
struct AllOrVisitor<T>(PhantomData<T>);

impl<'de, T: Deserialize<'de>> Visitor<'de> for AllOrVisitor<T> {
    type Value = AllOr<T>;

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("all or a list")
    }

    fn visit_str<E>(self, _: &str) -> Result<AllOr<T>, E> {
        Ok(AllOr::All)
    }

    fn visit_seq<A: SeqAccess<'de>>(self, sequence: A) -> Result<AllOr<T>, A::Error> {
        Vec::deserialize(SeqAccessDeserializer::new(sequence)).map(AllOr::Listed)
    }
}

impl<T: JsonSchema> JsonSchema for AllOr<T> {
    fn inline_schema() -> bool {
        true
    }

    fn schema_name() -> Cow<'static, str> {
        format!("AllOr_{}", T::schema_name()).into()
    }

    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        json_schema!({ "oneOf": [
            { "type": "string", "const": "all" },
            { "type": "array", "items": generator.subschema_for::<T>(), "minItems": 1 },
        ]})
    }
}
