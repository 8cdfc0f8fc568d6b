//! `apply`: change live objects, see that they still run, take back what does not work.
//!
//! ```text
//! survey   each object: the plan, who manages it, what the server says
//! ask      one question for all
//! rounds   batch by batch: write, watch, take back
//! fix      once more, with what mends it
//! policies a namespace at a time, once its workloads are as they should be
//! exit     what came of it, as an exit code
//! ```

mod ask;
mod draw;
mod exit;
mod fix;
mod item;
mod narrow;
mod parting;
mod policies;
mod progress;
mod rounds;
mod send;
mod survey;

use super::live::LiveSession;
use super::words::Asked;
use super::{Console, Exit, UsageError, hint};
use crate::cli::{ApplyArgs, ApplyFormat, Trial};
use crate::cluster::Reference;
use crate::cluster::apply::Outcome;
use crate::cluster::journal::{self, Entry, Journal};
use crate::report::applying::{Heading, ObjectResult};
use crate::report::phrase::pasteable;
use crate::report::{applying, shown};
use crate::source::interrupt;
use item::{Item, State};
use policies::Policies;
use std::cell::RefCell;
use std::future::Future;
use survey::survey;

/// What all steps of a run know.
struct Run<'r> {
    args: &'r ApplyArgs,
    live: &'r LiveSession,
    /// What earlier runs left in the middle.
    open: Vec<Entry>,
}

pub(super) fn run(args: &ApplyArgs, console: &mut Console) -> anyhow::Result<Exit> {
    if let Some(warning) = args.change.dry_run.warning {
        console.warn(warning);
    }
    interrupt::install()?;
    let (input, objects, connection) = (&args.input, &args.objects, &args.connection);
    let asked = Asked { verb: "apply", input, objects, connection, live: true, reads: false };
    asked.check(console)?;
    let live = LiveSession::open(&asked, &args.ruling, console)?;
    let mut run = Run { args, live: &live, open: Vec::new() };
    let trial = args.change.dry_run.trial;
    if trial != Trial::Client {
        let entries = run.wait(journal::entries(&live.server)).unwrap_or_default();
        run.open = entries.into_iter().filter(Entry::is_open).collect();
    }

    let changing = live.changing();
    let mut items = Vec::new();
    for index in 0..live.handles.len() {
        if changing.contains(&index) {
            items.push(survey(&run, index, console)?);
        } else {
            let reference = live.handles[index].reference.clone();
            run.recall(&reference, console);
            items.push(Item::new(index, reference, State::Over(Outcome::Unchanged)));
        }
        live.server.take_warnings().iter().for_each(|warning| console.warn(warning));
    }
    items.iter_mut().for_each(|item| run.tell_why_not(item, console));

    let mut nets = policies::survey(&run, console);
    nets.iter().for_each(|net| run.tell_why_no_policies(net, console));

    let ready = items.iter().filter(|item| matches!(item.state, State::Ready(_))).count();
    let written: usize = nets.iter().filter(|net| net.is_ready()).map(Policies::len).sum();
    match trial {
        Trial::No if ready + written > 0 => {
            let journal = run.wait(Journal::begin(&live.server, &args.ruling.profile))?;
            let name = journal.run().to_owned();
            if !run.is_agreed(ready + written, &items, &nets, console)? {
                run.document(&items, &nets, None, console)?;
                return Ok(run.declined(console));
            }
            let journal = RefCell::new(journal);
            rounds::rounds(&run, &journal, &mut items, console);
            if let Err(error) = fix::fix(&run, &journal, &mut items, console) {
                console.error(&format!("nothing more is tried again: {error:#}"));
            }
            // Those that a failure kept from being begun.
            for item in items.iter_mut().filter(|item| matches!(item.state, State::Ready(_))) {
                item.state = State::Over(Outcome::Untouched);
            }
            if let Some(command) = fix::hint(&run, &asked, &items, console) {
                console.say(&format!("once more, with what mends it:   {command}\n"));
            }
            policies::enforce(&run, &journal, &items, &mut nets, console);
            return run.finish(&mut items, &nets, Some(&name), console);
        }
        Trial::No => {}
        Trial::Client | Trial::Server => {
            let how = if trial == Trial::Client { " (dry run)" } else { " (server dry run)" };
            for item in &items {
                if matches!(item.state, State::Ready(_)) {
                    console.data(&run.result(&item.reference, how))?;
                }
            }
            for (reference, what) in nets.iter().filter(|net| net.is_ready()).flat_map(Policies::references) {
                console.data(&run.verb(reference, what.done(), how))?;
            }
        }
    }
    run.finish(&mut items, &nets, None, console)
}

impl Run<'_> {
    fn wait<T>(&self, answer: impl Future<Output = T>) -> T {
        self.live.runtime.wait(answer)
    }

    /// The line of an object that was changed, as kubectl writes it.
    fn result(&self, reference: &Reference, how: &str) -> String {
        self.verb(reference, "hardened", how)
    }

    fn verb(&self, reference: &Reference, done: &str, how: &str) -> String {
        let name = shown(&reference.to_string()).into_owned();
        match self.args.change.output {
            ApplyFormat::Human => format!("{name} {done}{how}\n"),
            ApplyFormat::Name => format!("{name}\n"),
            ApplyFormat::Json => String::new(),
        }
    }

    /// The command that takes a run back.
    fn undo(&self, run: &str, console: &Console) -> String {
        let mut words = vec![console.name.clone(), "undo".to_owned(), run.to_owned()];
        words.extend(hint::connection(&self.args.connection));
        words.join(" ")
    }

    /// What an earlier run left in the middle of an object.
    fn left_open(&self, reference: &Reference) -> Option<&Entry> {
        self.open.iter().find(|entry| entry.reference == *reference)
    }

    /// Say that an earlier run ended in the middle of an object in which nothing is left to change.
    fn recall(&self, reference: &Reference, console: &mut Console) {
        if let Some(entry) = self.open.iter().find(|entry| entry.reference == *reference) {
            let undo = self.undo(&entry.run, console);
            console
                .warn(&format!("{reference}: run {} was cut off in the middle of it; take it back: {undo}", entry.run));
        }
    }

    /// Whether the user wants it.
    fn is_agreed(
        &self,
        ready: usize,
        items: &[Item],
        nets: &[Policies],
        console: &mut Console,
    ) -> anyhow::Result<bool> {
        if self.args.change.yes {
            return Ok(true);
        }
        let mut diff = |console: &mut Console| {
            for item in items {
                if let State::Ready(ready) = &item.state {
                    ready.added.iter().chain([&ready.target]).for_each(|one| {
                        let text = draw::difference(one, console);
                        console.show(&text);
                    });
                }
            }
            for target in nets.iter().filter(|net| net.is_ready()).flat_map(Policies::targets) {
                let text = draw::difference(target, console);
                console.show(&text);
            }
        };
        let wanted = items.iter().filter(|item| !matches!(item.state, State::Over(Outcome::Unchanged))).count();
        let wanted = wanted + nets.iter().map(|net| net.len().max(1)).sum::<usize>();
        ask::agreed(&applying::question(ready, wanted), console, &mut diff).ok_or_else(|| {
            UsageError(
                "nothing was applied: there is no terminal to ask on; add --yes to apply without a question".to_owned(),
            )
            .into()
        })
    }

    fn declined(&self, console: &mut Console) -> Exit {
        console.say("nothing was applied\n");
        Exit::Refused
    }

    /// Say of an object that is not changed why, once.
    fn tell_why_not(&self, item: &mut Item, console: &mut Console) {
        let State::Over(outcome) = &item.state else { return };
        if std::mem::replace(&mut item.told, true) {
            return;
        }
        match outcome {
            Outcome::Refused(whys) => console.show(&applying::refused(&item.reference, whys, &console.err_page())),
            Outcome::Failed(why) | Outcome::Lost(why) => console.error(&format!("{}: {why}", item.reference)),
            _ => {}
        }
    }

    /// Say why the policies of a namespace are not written.
    fn tell_why_no_policies(&self, net: &Policies, console: &mut Console) {
        match &net.outcome {
            Some(Outcome::Refused(whys)) => {
                console.show(&applying::policies_refused(&net.namespace, whys, &console.err_page()));
            }
            Some(Outcome::Failed(why) | Outcome::Lost(why)) => {
                console.error(&format!("NetworkPolicies in namespace {}: {why}", net.namespace));
            }
            _ => {}
        }
    }

    /// What came of it all.
    fn finish(
        &self,
        items: &mut [Item],
        nets: &[Policies],
        name: Option<&str>,
        console: &mut Console,
    ) -> anyhow::Result<Exit> {
        let mut outcomes = Vec::new();
        for item in &mut *items {
            self.tell_why_not(item, console);
            let State::Over(outcome) = &item.state else { continue };
            if matches!(outcome, Outcome::Unchanged) && self.args.change.output == ApplyFormat::Human {
                console.data(&self.result(&item.reference, " (no change)"))?;
            }
            outcomes.push(outcome.clone());
        }
        self.document(items, nets, name, console)?;
        if outcomes.len() > 1 {
            console.say(&applying::figures(&outcomes));
        }
        if let Some(name) = name {
            self.hint(items, nets, name, console);
        }
        outcomes.extend(nets.iter().filter_map(|net| net.outcome.clone()));
        let unread = self.live.session.refused.len();
        outcomes.extend((0..unread).map(|_| Outcome::Failed(String::new())));
        Ok(exit::exit(&outcomes))
    }

    /// What came of it all, for machines, where that is asked for. `name` is that of the run.
    fn document(
        &self,
        items: &[Item],
        nets: &[Policies],
        name: Option<&str>,
        console: &mut Console,
    ) -> anyhow::Result<()> {
        if self.args.change.output != ApplyFormat::Json {
            return Ok(());
        }
        let dry_run = match self.args.change.dry_run.trial {
            Trial::No => "none",
            Trial::Client => "client",
            Trial::Server => "server",
        };
        let of_one = |item: &Item| {
            let outcome = match &item.state {
                State::Ready(_) => None,
                State::Over(outcome) => Some(outcome),
            };
            ObjectResult::of(&item.reference, outcome, item.wanted.clone())
        };
        let heading = Heading { profile: &self.live.session.profile.name, dry_run, run: name };
        let errors = self.live.session.refused.iter().map(|aside| aside.why.clone()).collect();
        let results = items.iter().map(of_one).chain(nets.iter().flat_map(Policies::results));
        console.data(&applying::json(&heading, results.collect(), errors))
    }

    /// How to take back what is changed now.
    fn hint(&self, items: &[Item], nets: &[Policies], run: &str, console: &mut Console) {
        let is_there = |item: &&Item| matches!(&item.state, State::Over(outcome) if outcome.is_in_effect());
        let there: Vec<&Item> = items.iter().filter(is_there).collect();
        let has_policies = nets.iter().any(|net| net.outcome.as_ref().is_some_and(Outcome::is_in_effect));
        let command = match there.as_slice() {
            [] if !has_policies => return,
            [one] if !has_policies => {
                let resource = &one.reference.resource;
                let name = format!("{}/{}", resource.singular, one.reference.name);
                let mut words = vec![console.name.clone(), "undo".to_owned(), pasteable(&name)];
                words.extend(hint::connection(&self.args.connection));
                let given = self.args.connection.namespace.as_ref().is_some_and(|name| !name.is_empty());
                words.extend(
                    one.reference.namespace.iter().filter(|_| !given).flat_map(|name| ["-n".to_owned(), name.clone()]),
                );
                words.join(" ")
            }
            _ => self.undo(run, console),
        };
        console.say(&format!("take it back any time:   {}\n", shown(&command)));
    }
}
