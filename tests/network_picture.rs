//! The picture of `network graph` through the binary: all flows are in it, all of it is within its edges, and it needs nothing
//! else.

#![allow(clippy::unwrap_used, clippy::disallowed_methods, clippy::print_stderr)] // A test reads, runs and may fail.

mod common;

use common::Place;
use serde_json::Value;
use std::collections::BTreeSet;
use std::path::Path;

/// A workload of a kind, which is given some variables.
fn workload(kind: &str, name: &str, port: u16, env: &[(&str, &str)]) -> String {
    let env: Vec<String> = env.iter().map(|(key, value)| format!("{{name: {key}, value: '{value}'}}")).collect();
    let own = if kind == "StatefulSet" { format!("  serviceName: {name}\n") } else { String::new() };
    format!(
        "apiVersion: apps/v1\nkind: {kind}\nmetadata: {{name: {name}, namespace: shop}}\nspec:\n{own}  selector: {{matchLabels: {{app: {name}}}}}\n  \
         template:\n    metadata: {{labels: {{app: {name}}}}}\n    spec:\n      containers:\n        - {{name: main, image: {name}, \
         ports: [{{containerPort: {port}}}], env: [{}]}}\n---\napiVersion: v1\nkind: Service\nmetadata: {{name: {name}, namespace: shop}}\n\
         spec: {{selector: {{app: {name}}}, ports: [{{port: {port}}}]}}\n---\n",
        env.join(", ")
    )
}

fn run(place: &Place, words: &str, manifests: &str) -> String {
    let ran = place.run_with(&format!("network graph -f - {words}"), manifests);
    assert_eq!(ran.code, 0, "{ran:?}");
    assert_eq!(place.run_with(&format!("network graph -f - {words}"), manifests).out, ran.out, "other bytes");
    ran.out
}

fn picture(manifests: &str) -> String {
    let place = Place::new();
    let svg = run(&place, "-o svg", manifests);
    check(&svg, &serde_json::from_str(&run(&place, "-o json", manifests)).unwrap());
    svg
}

/// What stands between two texts, each time.
fn between<'t>(text: &'t str, before: &'t str, behind: &'t str) -> Vec<&'t str> {
    text.split(before).skip(1).filter_map(|rest| Some(rest.split_once(behind)?.0)).collect()
}

fn plain(text: &str) -> String {
    text.replace("&lt;", "<").replace("&gt;", ">").replace("&quot;", "\"").replace("&amp;", "&")
}

/// The words of a `text` element, its lines joined.
fn words(text: &str) -> String {
    let text = text.split_once("</title>").map_or(text, |(_, rest)| rest);
    plain(&text.split('<').map(|part| part.split_once('>').map_or(part, |(_, words)| words)).collect::<String>())
}

/// Numbers of a path by the letter before them: those of `H` are all abscissas.
fn points(path: &str) -> Vec<(Option<f64>, Option<f64>)> {
    let mut points = Vec::new();
    for part in
        path.split_inclusive(|c: char| c.is_ascii_digit() || c == '.').collect::<String>().split(['M', 'C', 'L', 'z'])
    {
        let (pairs, across) = part.split_once('H').map_or((part, None), |(pairs, across)| (pairs, Some(across)));
        let numbers: Vec<f64> = pairs.split_whitespace().map(|number| number.parse().unwrap()).collect();
        assert!(numbers.len().is_multiple_of(2), "{path}");
        points.extend(numbers.chunks(2).map(|pair| (Some(pair[0]), Some(pair[1]))));
        points.extend(across.map(|number| (Some(number.trim().parse().unwrap()), None)));
    }
    points
}

/// What holds for every picture.
fn check(svg: &str, flows: &Value) {
    assert!(svg.starts_with("<svg xmlns=") && svg.ends_with("</svg>\n") && svg.contains("role=\"img\""), "{svg}");
    for odd in ["<script", "<image", "<a ", "<foreignObject", "href", "@import", "@font-face", "NaN", "inf "] {
        assert!(!svg.contains(odd), "{odd}");
    }
    // The name of the language itself.
    assert_eq!(between(svg, "<", ">").into_iter().filter(|tag| tag.contains("http")).count(), 1);
    for tag in ["g", "text", "title", "tspan", "style", "defs", "marker"] {
        let opened = svg.matches(&format!("<{tag}>")).count() + svg.matches(&format!("<{tag} ")).count();
        assert_eq!(opened, svg.matches(&format!("</{tag}>")).count(), "{tag}");
    }
    let size = between(svg, "viewBox=\"0 0 ", "\"")[0];
    let (width, height) =
        size.split_once(' ').map(|(x, y)| (x.parse::<f64>().unwrap(), y.parse::<f64>().unwrap())).unwrap();
    let (_, body) = svg.split_once("</defs>").unwrap();
    let down: f64 = between(body, "translate(0 ", ")")[0].parse().unwrap();
    let (drawing, _) = body.split_once("translate").unwrap().1.rsplit_once("</g>\n").unwrap();
    let within = |x: Option<f64>, y: Option<f64>| {
        assert!(x.is_none_or(|x| (0.0..=width).contains(&x)), "{x:?} is beyond {width}");
        assert!(y.is_none_or(|y| (0.0..=height - down).contains(&y)), "{y:?} is beyond {height}");
    };
    let paths = between(drawing, " d=\"", "\"");
    paths.iter().flat_map(|path| points(path)).for_each(|(x, y)| within(x, y));
    let number = |text: &str, key: &str| between(text, key, "\"").first().map(|number| number.parse::<f64>().unwrap());
    for rectangle in between(drawing, "<rect", "/>") {
        let [x, y, wide, high] =
            [" x=\"", " y=\"", " width=\"", " height=\""].map(|key| number(rectangle, key).unwrap());
        within(Some(x), Some(y));
        within(Some(x + wide), Some(y + high));
    }
    // Letters of this size are at least half as wide on average, in any font that is read.
    for line in between(drawing, "<tspan ", "</tspan>") {
        let letters = plain(line.split_once('>').unwrap().1).chars().count() as f64 * 5.0;
        let (x, y) = (number(line, "x=\"").unwrap(), number(line, " y=\"").unwrap());
        within(Some(x), Some(y));
        let ends =
            drawing[..drawing.find(line).unwrap()].rsplit("<text").next().unwrap().contains("text-anchor=\"end\"");
        within(Some(if ends { x - letters } else { x + letters }), None);
    }
    // Each tip that is not one at a knot has its ports beside it.
    let ports: BTreeSet<String> = between(drawing, "<text class=\"ports", "</text>")
        .into_iter()
        .map(|text| between(text, "<tspan ", ">").last().unwrap().replace(['x', 'y', '=', '"'], ""))
        .collect();
    let knots: BTreeSet<String> =
        between(drawing, "class=\"hub\"><path d=\"M", "L").into_iter().map(str::to_owned).collect();
    for path in between(drawing, "<path d=\"M", " marker-end").into_iter().filter(|path| !path.contains('C')) {
        let (start, end) = path.trim_end_matches('"').split_once('H').unwrap();
        let (y, end): (f64, f64) = (start.split_once(' ').unwrap().1.parse().unwrap(), end.parse().unwrap());
        let beside = [end - 11.0, end + 11.0].map(|x| format!("{x} {}", y - 5.0));
        let at_knot = knots.iter().any(|knot| {
            let (x, middle) =
                knot.split_once(' ').map(|(x, y)| (x.parse::<f64>().unwrap(), y.parse::<f64>().unwrap())).unwrap();
            middle == y && (end == x || end == x + 16.0)
        });
        assert!(at_knot || beside.iter().any(|place| ports.contains(place)), "no ports beside {path}");
    }
    // Every flow is told with who calls and how it is known.
    let titles: Vec<String> = between(drawing, "<title>", "</title>").into_iter().map(plain).collect();
    let name = |end: &Value| {
        end["name"]
            .as_str()
            .map(|name| format!("{} {}/{name}", end["kind"].as_str().unwrap(), end["namespace"].as_str().unwrap()))
    };
    for flow in flows.as_array().unwrap() {
        let (from, to, why) = (name(&flow["from"]), name(&flow["to"]), flow["why"].as_str().unwrap());
        let word = if flow["assumed"] == true { " (assumed)" } else { "" };
        let told = titles.iter().any(|title| {
            let (head, callers) = title.split_once('\n').unwrap_or((title, ""));
            let itself = from.is_some() && from == to;
            let there = to.as_ref().is_none_or(|to| head.starts_with(&format!("to {to}, ")))
                || itself && head.starts_with("to itself, ");
            let known = |line: &str| {
                line.contains(why)
                    && (itself || from.as_ref().is_none_or(|from| line.starts_with(&format!("{from}: "))))
            };
            there && head.ends_with(word) && callers.lines().any(known)
        });
        assert!(told, "{flow} is in no title");
    }
}

#[test]
fn a_picture_that_needs_nothing_else() {
    let shop =
        workload("Deployment", "web", 8080, &[("DB_URL", "postgres://db/shop"), ("PAY", "https://pay.example.com")])
            + &workload("StatefulSet", "db", 5432, &[])
            + &workload("Deployment", "api", 80, &[]);
    let svg = picture(&shop);
    assert_eq!(svg.matches("class=\"space\"").count(), 1);
    assert_eq!(svg.matches("<g class=\"node\">").count(), 3);
    // Known: to the database, to the outside, and of the database's pods to each other.
    let known: Vec<String> = between(&svg, "<text class=\"ports\"", "</text>").into_iter().map(words).collect();
    let mut sorted = known.clone();
    sorted.sort();
    assert_eq!(sorted, ["TCP 443", "TCP 5432", "TCP 5432"], "{svg}");
    assert!(svg.contains("to itself, TCP 5432\nserviceName db: its pods reach each other"), "{svg}");
    assert!(svg.matches("class=\"flow assumed\"").count() > 1 && svg.contains("assumed: nothing shows it"));
    assert!(svg.contains("prefers-color-scheme: dark"));
    let strict = run(&Place::new(), "-o svg --strict", &shop);
    assert!(!strict.contains("class=\"flow assumed\"") && !strict.contains("assumed: nothing shows it"), "{strict}");
}

#[test]
fn an_arrow_names_those_whose_lines_are_drawn_to_it() {
    let caller = |namespace: &str, name: &str| {
        workload("Deployment", name, 80, &[("DB_URL", "postgres://db.shop:5432/x")])
            .replace("namespace: shop", &format!("namespace: {namespace}"))
    };
    let all = [
        workload("StatefulSet", "db", 5432, &[]),
        caller("east", "aa"),
        caller("east", "bb"),
        caller("west", "cc"),
        caller("shop", "dd"),
    ];
    picture(&all.concat());
    let svg = run(&Place::new(), "-o svg --strict", &all.concat());
    let number = |text: &str, key: &str| between(text, key, "\"")[0].parse::<f64>().unwrap();
    // Where lines leave each node: its right edge, from top to bottom.
    let nodes: Vec<(String, f64, f64, f64)> = between(&svg, "<g class=\"node\">", "/>")
        .into_iter()
        .map(|node| {
            let [x, y, wide, high] = [" x=\"", " y=\"", " width=\"", " height=\""].map(|key| number(node, key));
            (plain(between(node, "<title>", "</title>")[0]), x + wide, y, y + high)
        })
        .collect();
    let mut arrows = Vec::new();
    for flow in between(&svg, "<g class=\"flow\">", "</g>") {
        let title = plain(between(flow, "<title>", "</title>").first().copied().unwrap_or_default());
        let Some(callers) = title.strip_prefix("to StatefulSet shop/db, TCP 5432\n") else { continue };
        let named: BTreeSet<String> = callers.lines().map(|line| line.split_once(": ").unwrap().0.to_owned()).collect();
        let starts = between(flow, " d=\"", "\"")[0].split('M').skip(1).map(|line| {
            let (x, rest) = line.split_once(' ').unwrap();
            (x.parse::<f64>().unwrap(), rest.split(['H', 'C']).next().unwrap().parse::<f64>().unwrap())
        });
        let drawn: BTreeSet<String> = starts
            .filter_map(|(x, y)| {
                let leaves =
                    |node: &&(String, f64, f64, f64)| (node.1 - x).abs() < 0.01 && (node.2..=node.3).contains(&y);
                nodes.iter().find(leaves).map(|node| node.0.clone())
            })
            .collect();
        assert_eq!(named, drawn, "{svg}");
        arrows.push(named.into_iter().collect::<Vec<_>>().join(", "));
    }
    arrows.sort();
    assert_eq!(arrows, ["Deployment east/aa, Deployment east/bb", "Deployment shop/dd", "Deployment west/cc"], "{svg}");
}

#[test]
fn crowds_of_what_is_assumed_become_a_knot() {
    let names = ["aa", "bb", "cc", "dd", "ee", "ff"];
    let crowd: String = names.iter().map(|name| workload("Deployment", name, 80, &[])).collect();
    let svg = picture(&crowd);
    assert!(svg.contains("6 workloads in 1 namespace; 30 flows, 30 of them assumed"), "{svg}");
    // One in the picture, one in the legend.
    assert_eq!(svg.matches("class=\"hub\"").count(), 2, "{svg}");
    assert_eq!(svg.matches("<g class=\"flow assumed\">").count(), 6 + 1 + 1);
}

#[test]
fn names_and_ports_are_whole_and_markup_is_none() {
    let long = ["a-name-nobody-can-remember.", &"x".repeat(200), ".end"].concat();
    let many: Vec<String> = (1..30).map(|port| format!("{{containerPort: {}}}", 1000 + port)).collect();
    let shop = workload("Deployment", "web", 80, &[("DB_HOST", "db")])
        + &workload("StatefulSet", "db", 5432, &[]).replace("{containerPort: 5432}", &many.join(", "));
    let svg = picture(&shop.replace("{name: web,", &format!("{{name: {long},")));
    let names: Vec<String> = between(&svg, "rx=\"6\"/><text>", "</text>").into_iter().map(words).collect();
    assert!(names.contains(&long), "{names:?}");
    let ports: Vec<String> = between(&svg, "<text class=\"ports", "</text>").into_iter().map(words).collect();
    assert!(ports.iter().any(|ports| (1..30).all(|port| ports.contains(&(1000 + port).to_string()))), "{ports:?}");
    let odd = shop.replace("{name: web,", "{name: \"<b>&\\e[1m\\\"\",");
    let svg = run(&Place::new(), "-o svg", &odd);
    assert!(svg.contains("&lt;b&gt;&amp;^[[1m&quot;") && !svg.contains("<b>") && !svg.contains('\u{1b}'), "{svg}");
}

#[test]
fn two_hundred_workloads_of_many_namespaces() {
    let mut all = String::new();
    for at in 0..200 {
        let (next, far) = (
            format!("http://svc-{}:80", (at + 10) % 200),
            format!("http://svc-{}.team-{}:80", (at + 1) % 200, (at + 1) % 10),
        );
        let env: &[(&str, &str)] =
            if at % 20 == 0 { &[("NEXT_URL", &next), ("FAR_URL", &far)] } else { &[("NEXT_URL", &next)] };
        all += &workload("Deployment", &format!("svc-{at}"), 80, env)
            .replace("namespace: shop", &format!("namespace: team-{}", at % 10));
    }
    let svg = picture(&all);
    assert_eq!(svg.matches("<g class=\"node\">").count(), 200);
    assert_eq!(svg.matches("class=\"space\"").count(), 10);
}

#[test]
fn public_applications() {
    let corpus = Path::new(env!("CARGO_MANIFEST_DIR")).join("../shared/corpus/files");
    let Ok(repositories) = std::fs::read_dir(&corpus) else {
        return eprintln!("skipped: there is no corpus at {}", corpus.display());
    };
    let mut drawn = 0;
    for repository in repositories {
        let line = format!("network graph -R -f {}", repository.unwrap().path().display());
        let place = Place::new();
        let svg = place.run(&format!("{line} -o svg"));
        if svg.code == 0 {
            check(&svg.out, &serde_json::from_str(&place.run(&format!("{line} -o json")).out).unwrap());
            drawn += 1;
        }
    }
    assert!(drawn > 40, "{drawn} pictures");
}
