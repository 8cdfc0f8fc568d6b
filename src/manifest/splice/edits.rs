//! The list of changes to a text, all against the same offsets.

/// Replace the bytes `start..end` by `text`.
#[derive(Debug)]
pub(super) struct Edit {
    start: usize,
    end: usize,
    text: String,
}

/// Edits in the order they were noted.
#[derive(Debug, Default)]
pub(super) struct Edits(Vec<Edit>);

impl Edits {
    /// How many there are.
    pub(super) fn len(&self) -> usize {
        self.0.len()
    }

    /// Move `at` behind what the edits from the `since`-th on take away there.
    pub(super) fn behind_deletions(&self, since: usize, at: usize) -> usize {
        self.0[since..].iter().filter(|edit| edit.start < at).map(|edit| edit.end).fold(at, usize::max)
    }

    pub(super) fn insert(&mut self, at: usize, text: impl Into<String>) {
        self.replace(at, at, text);
    }

    pub(super) fn delete(&mut self, start: usize, end: usize) {
        self.replace(start, end, "");
    }

    pub(super) fn replace(&mut self, start: usize, end: usize, text: impl Into<String>) {
        self.0.push(Edit { start, end: end.max(start), text: text.into() });
    }

    /// Apply to `text`, whose first byte is at offset `base`. Insertions at one place keep the order in which they were
    /// noted; deletions that overlap merge. `Err` is an offset where two edits exclude each other.
    pub(super) fn apply(mut self, text: &str, base: usize) -> Result<String, usize> {
        // What is put in at the start of what is taken out stands before it.
        self.0.sort_by_key(|edit| (edit.start, edit.end > edit.start));
        if let Some(edit) = self.0.iter().find(|edit| edit.start < base || edit.end > base + text.len()) {
            return Err(edit.start);
        }
        let mut result = String::with_capacity(text.len() + self.0.iter().map(|edit| edit.text.len()).sum::<usize>());
        let mut done = base;
        for edit in &self.0 {
            if edit.start < done {
                // Inside what is gone already: a deletion may reach further, new text has nowhere to go.
                if !edit.text.is_empty() {
                    return Err(edit.start);
                }
                done = done.max(edit.end);
                continue;
            }
            result.push_str(text.get(done - base..edit.start - base).ok_or(edit.start)?);
            result.push_str(&edit.text);
            done = edit.end;
        }
        result.push_str(text.get(done - base..).ok_or(done)?);
        Ok(result)
    }
}
