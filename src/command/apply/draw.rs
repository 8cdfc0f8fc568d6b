//! What would change in one object, as a diff of what a person would see of it.

use crate::cluster::Target;
use crate::command::Console;
use crate::command::live::file_name;
use crate::export::neat;
use crate::manifest::Stream;
use crate::report::{Mask, Notes, Patch, Reader, unified};
use serde_json::Value;

/// The diff of an object. Empty where no text can be made of it.
pub(super) fn difference(target: &Target, console: &Console) -> String {
    let text = |value: &Value| match value {
        Value::Null => Stream::read(String::new()).ok(),
        value => Stream::of_value(&neat(value)).ok(),
    };
    let (Some(before), Some(after)) = (text(&target.live.value), text(&target.after)) else { return String::new() };
    let patch = Patch {
        is_new: false,
        name: &file_name(&target.live),
        before: before.text(),
        after: after.text(),
        mask: &Mask::of(&before),
        mask_after: &Mask::of(&after),
        sections: &[],
        notes: &Notes::default(),
    };
    unified(&patch, Reader::Person(console.err_palette, Console::width())).text
}
