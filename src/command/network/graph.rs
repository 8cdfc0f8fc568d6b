//! `network graph`: who has to talk to whom.

use super::super::{Console, Exit};
use super::{data, policies};
use crate::cli::{GraphArgs, GraphFormat};
use crate::report::network as report;
use crate::report::phrase::count;

pub(super) fn run(args: &GraphArgs, console: &mut Console) -> anyhow::Result<Exit> {
    let Some((read, made)) = policies::make("network graph", &args.source, &args.needs, console)? else {
        return Ok(Exit::Failed);
    };
    let graph = report::Graph::of(&read.world, &made.flows, |namespace| read.is_about(namespace));
    let text = match args.output {
        GraphFormat::Table => report::graph_table(&graph),
        GraphFormat::Json => data(&report::synthesis_flows(&read.world, &made), false)?,
        GraphFormat::Dot => report::graph_dot(&graph),
        GraphFormat::Svg => report::graph_svg(&graph),
    };
    console.data(&text)?;
    let assumed = graph.arrows.iter().filter(|arrow| arrow.assumed).count();
    let flows = count(graph.arrows.len(), "flow");
    let notes = report::notes_told(&made.observed);
    console.sum_up(!text.is_empty(), &format!("{notes}{flows}, {assumed} of them assumed\n"));
    Ok(Exit::Done)
}
