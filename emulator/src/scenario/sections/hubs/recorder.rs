//! `config_recorder`: whether AWS Config records resources, and which types (RES-05).

use std::borrow::Cow;
use std::fmt;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::Deserialize;
use serde::de::value::MapAccessDeserializer;
use serde::de::{Deserializer, MapAccess, Visitor};

use crate::scenario::check::Check;
use crate::scenario::sections::resources;
use crate::scenario::spanned::Spanned;
use crate::state::{ConfigRecorder, RecorderSettings};

/// On, off, or settings.
#[derive(Clone, Debug)]
pub(super) enum Declared {
    On,
    Off,
    Custom(Custom),
}

/// Settings of the AWS Config recorder.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[schemars(rename = "Recording")]
#[serde(deny_unknown_fields)]
pub(super) struct Custom {
    /// Recorded resource types, such as AwsS3Bucket or AWS::S3::Bucket. Default: all.
    types: Option<Vec<Spanned<String>>>,
    /// Role of the recorder: `custom` for a customer-managed role. Default: the service-linked role of AWS Config.
    role: Option<Role>,
}

/// Role of the AWS Config recorder.
#[derive(Clone, Copy, Debug, Deserialize, JsonSchema)]
#[schemars(rename = "RecorderRole")]
#[serde(rename_all = "snake_case")]
enum Role {
    /// A customer-managed role.
    Custom,
}

/// Written by hand, because serde's untagged enums lose the locations.
impl<'de> Deserialize<'de> for Declared {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(WrittenVisitor)
    }
}

struct WrittenVisitor;

impl<'de> Visitor<'de> for WrittenVisitor {
    type Value = Declared;

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("on, off or a map of settings")
    }

    fn visit_str<E>(self, text: &str) -> Result<Declared, E> {
        Ok(if text == "off" { Declared::Off } else { Declared::On })
    }

    fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<Declared, A::Error> {
        Custom::deserialize(MapAccessDeserializer::new(map)).map(Declared::Custom)
    }
}

impl JsonSchema for Declared {
    fn inline_schema() -> bool {
        true
    }

    fn schema_name() -> Cow<'static, str> {
        "ConfigRecorder".into()
    }

    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        json_schema!({ "oneOf": [
            { "type": "string", "const": "on" },
            { "type": "string", "const": "off" },
            generator.subschema_for::<Custom>(),
        ]})
    }
}

/// Checks the entry.
pub(super) fn check(written: &Declared, check: &mut Check) -> ConfigRecorder {
    match written {
        Declared::On => ConfigRecorder::On,
        Declared::Off => ConfigRecorder::Off,
        Declared::Custom(Custom { types, role }) => {
            let mut read = |name: &Spanned<String>| resources::resource_type(name, check);
            let types = types.as_ref().map(|types| types.iter().filter_map(&mut read).collect());
            ConfigRecorder::Custom(RecorderSettings { types, has_custom_role: role.is_some() })
        }
    }
}
