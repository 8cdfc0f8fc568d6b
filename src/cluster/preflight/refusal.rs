//! What a server says when it refuses, made readable: without the dumps of values that it puts into its sentences.

use crate::cluster::{Cause, Error};

/// A value longer than this is no help in a sentence.
const LONGEST_VALUE: usize = 120;
const INVALID: &str = "Invalid value: ";

/// One sentence or several for a refusal: of an invalid object its causes, of any other the message.
pub fn words(error: &Error) -> Vec<String> {
    let Some(status) = error.status() else { return vec![error.to_string()] };
    let causes = &status.details.causes;
    if status.reason == "Invalid" && !causes.is_empty() {
        return causes.iter().map(of_cause).collect();
    }
    vec![readable(&status.message)]
}

fn of_cause(cause: &Cause) -> String {
    match cause.field.as_str() {
        "" => readable(&cause.message),
        field => format!("{field}: {}", readable(&cause.message)),
    }
}

/// A message without dumps: the first line, and without values that go on and on.
fn readable(message: &str) -> String {
    let line = message.lines().next().unwrap_or_default();
    // The name is that of a trial.
    let line = match line.split_once(" is forbidden: ") {
        Some((head, why)) if head.starts_with("pods ") => why,
        _ => line,
    };
    let Some((head, value)) = line.split_once(INVALID) else { return line.to_owned() };
    // The value ends where the sentence about it begins.
    match value.rsplit_once(": ") {
        Some((value, about)) if value.len() > LONGEST_VALUE => format!("{head}{about}"),
        _ => line.to_owned(),
    }
}

/// Whether a webhook would have to be called that cannot be tried.
pub(super) fn takes_no_dry_run(error: &Error) -> bool {
    let says = |message: &str| message.contains("does not support dry run");
    error.code() == 400 && error.status().is_some_and(|status| says(&status.message))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cluster::Status;
    use serde_json::json;

    fn error(status: serde_json::Value) -> Error {
        let status: Status = serde_json::from_value(status).unwrap();
        Error::Status(Box::new(status))
    }

    #[test]
    fn no_dump_is_shown() {
        let dump = format!("Invalid value: {{\"metadata\":{{\"x\":\"{}\"}}}}: field is immutable", "y".repeat(200));
        let causes = json!([{"reason": "FieldValueInvalid", "message": dump, "field": "spec.template"}]);
        let said = words(&error(json!({"code": 422, "reason": "Invalid", "details": {"causes": causes}})));
        assert_eq!(said, ["spec.template: field is immutable"]);
        let message = "Forbidden: pod updates may not change fields other than `x`\n  core.PodSpec{\n  ...";
        let causes = json!([{"message": message, "field": "spec"}]);
        let said = words(&error(json!({"code": 422, "reason": "Invalid", "details": {"causes": causes}})));
        assert_eq!(said, ["spec: Forbidden: pod updates may not change fields other than `x`"]);
    }

    #[test]
    fn a_short_value_stays() {
        let causes = json!([{"message": "Invalid value: -1: must be greater", "field": "spec.a"}]);
        let said = words(&error(json!({"code": 422, "reason": "Invalid", "details": {"causes": causes}})));
        assert_eq!(said, ["spec.a: Invalid value: -1: must be greater"]);
        let said = words(&error(
            json!({"code": 403, "reason": "Forbidden", "message": "pods \"a\" is forbidden: violates x"}),
        ));
        assert_eq!(said, ["violates x"]);
    }
}
