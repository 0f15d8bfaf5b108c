//! The places to which jobs export objects: a directory ([`directory`]) or an S3 endpoint ([`s3`]).

mod directory;
mod s3;
#[cfg(test)]
mod tests;

use std::path::PathBuf;
use std::sync::Arc;

pub use s3::S3Endpoint;

use crate::state::ExportSink;

/// The place to which jobs export objects.
#[derive(Clone, Debug, Default)]
pub enum ExportTarget {
    /// Jobs keep their output, and the control plane returns it.
    #[default]
    Memory,
    /// Files below a directory, by bucket and key.
    Directory(PathBuf),
    /// Objects of an S3 endpoint.
    S3(S3Endpoint),
}

/// Writes objects to a target; `None` if jobs keep their output.
pub(super) fn sink(target: ExportTarget) -> Option<ExportSink> {
    let is_kept = matches!(target, ExportTarget::Memory);
    let sink: ExportSink = Arc::new(move |object, exported| {
        let written = match &target {
            ExportTarget::Memory => Ok(()),
            ExportTarget::Directory(directory) => directory::write(directory, object, &exported),
            ExportTarget::S3(endpoint) => endpoint.put(object, exported),
        };
        written.inspect_err(|failure| tracing::warn!(object, code = failure.code, "{}", failure.message))
    });
    (!is_kept).then_some(sink)
}
