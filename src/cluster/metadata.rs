//! Lists of metadata alone: who is there and who runs it, without what it holds.

use super::{Error, ListOptions, Live, Resource, Server};
use std::sync::Arc;

/// The form of a list whose items are `{metadata}`.
const ACCEPT: &str = "application/json;as=PartialObjectMetadataList;g=meta.k8s.io;v=v1";

impl Server {
    /// As [`list`](Self::list), of each object the metadata alone. The rest of it is never sent.
    pub async fn list_metadata(
        &self,
        resource: &Arc<Resource>,
        namespace: Option<&str>,
        options: &ListOptions,
        mut each: impl FnMut(Live),
    ) -> Result<(), Error> {
        self.pages(resource, namespace, options, ACCEPT, |item| each(Live::new(resource, item))).await
    }
}
